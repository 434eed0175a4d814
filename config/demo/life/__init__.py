"""The life of one client, played forward day by day with the rules themselves. Nothing is saved here.

Rows are unsaved model instances that point at each other; `write.py` saves them in bulk. Facts are numbered from 1
inside a life, because their real ids are not known yet.
"""

from config.demo.life.player import Player
from config.demo.life.scene import REQUIRED_ANSWERS, Life, Scene

__all__ = ["REQUIRED_ANSWERS", "Life", "Player", "Scene"]
