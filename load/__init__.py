"""The load: two hundred managers at once on the whole product, with jobs and faults in the middle (`make load`)."""
