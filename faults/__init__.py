"""The fault campaign: the product as `manage.py up` serves it, killed again and again while people work (`make faults`)."""
