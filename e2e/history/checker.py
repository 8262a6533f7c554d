"""Says what a history shows that must never happen. No input but the history.

    python -m history.checker history.jsonl      prints what is wrong
"""

import sys
from dataclasses import dataclass

from . import clients, cluster
from .records import History

VIOLATIONS_MAX = 10  # Of each rule; the first few tell it all.
RULES = {name.removeprefix("rule_"): value
         for module in (clients, cluster)
         for name, value in vars(module).items() if name.startswith("rule_")}


@dataclass(frozen=True)
class Violation:
    rule: str
    text: str

    def __str__(self):
        return f"[{self.rule}] {self.text}"


def check(history, without=()):
    """The violations, in the order of the rules. `without`: rules that a case breaks on purpose."""
    found = []
    for name, rule in RULES.items():
        if name in without:
            continue
        for count, text in enumerate(rule(history)):
            if count == VIOLATIONS_MAX:
                break
            found.append(Violation(name, text))
    return found


if __name__ == "__main__":
    violations = check(History.load(sys.argv[1]))
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)
