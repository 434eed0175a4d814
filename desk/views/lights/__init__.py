"""/lights/: the colours of a department, its review, its workbook."""

from desk.views.lights.exports import lights_export
from desk.views.lights.pages import lights, lights_sign

__all__ = ["lights", "lights_export", "lights_sign"]
