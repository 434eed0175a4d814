from planning.views.page import plan_fact
from planning.views.targets import target

__all__ = ["plan_fact", "target"]
