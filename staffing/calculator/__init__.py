"""How many people the plan needs, what they lack, whom to hire and when. Pure, exact fractions inside."""
