"""Puts the demo together: a company, its base, cycles open and finished, plans, and the jobs of the present day."""

from config.demo.play.assembly import Demo, play_demo

__all__ = ["Demo", "play_demo"]
