"""Charts drawn on the server as SVG: attributes and classes only, so they obey a strict content policy and print.

Bars use per cent coordinates and no viewBox: they stretch with their cell and their figures keep their size.
Geometry functions are plain arithmetic and tested apart from the drawing.
"""

from common.svg.bars import bullet, funnel, light_bar, meter
from common.svg.lines import CumulativeDay, cumulative, sparkline
from common.svg.strip import Block, day_strip
from common.svg.table import data_table

__all__ = [
    "Block",
    "CumulativeDay",
    "bullet",
    "cumulative",
    "data_table",
    "day_strip",
    "funnel",
    "light_bar",
    "meter",
    "sparkline",
]
