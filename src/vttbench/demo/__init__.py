"""A fleet that does not exist, with truths planted in it: to try analysis and dashboard on."""
