from funnels.selectors.funnel import COLOURS, Cell, Funnel, department_funnel, individual_funnels

__all__ = ["COLOURS", "Cell", "Funnel", "department_funnel", "individual_funnels"]
