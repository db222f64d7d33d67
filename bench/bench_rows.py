"""Lines of the table in docs/PERFORMANCE.md."""


class Row:
    """A line of the table. held: True, False, or None for what has no goal."""

    def __init__(self, work, goal, measured, floor="", ratio="", held=None):
        self.work, self.goal, self.measured, self.floor, self.ratio, self.held = work, goal, measured, floor, ratio, held


def number(value, unit, digits=2):
    if value is None:
        return "failed"
    return f"{value:,.{digits}f} {unit}".strip()


def below(value, bound):
    return None if value is None else value <= bound


def both(*verdicts):
    return all(verdict is True for verdict in verdicts)
