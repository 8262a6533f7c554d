#!/usr/bin/env python3
"""Alerts with promtool: each fires in a case of alert_cases.yaml, with its labels, and not in another."""

import re
import unittest

import yaml

from common import CHARTS, run, temporary_folder

ALERTS = CHARTS / "quorate-operator/files/alerts.yaml"
CASES = yaml.safe_load((CHARTS.parent / "tests/charts/alert_cases.yaml").read_text())
# What only a leader reports. It may be counted, for that is how one sees that nobody leads; no alert
# may need its value.
OF_LEADERS = {"learners", "synced_followers", "synced_observers", "pending_syncs", "leader_uptime"}


def rules():
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        yield from group["rules"]


def promtool_test(case, alert):
    """One case in promtool's form. Rules are tested without their annotations, which are prose."""
    expected = [{"exp_labels": case["labels"]}] if "labels" in case else []
    return {
        "interval": "1m",
        "input_series": [{"series": k, "values": str(v)} for k, v in case["series"].items()],
        "alert_rule_test": [{"eval_time": case["at"], "alertname": alert, "exp_alerts": expected}],
    }


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls)
        groups = yaml.safe_load(ALERTS.read_text())
        for group in groups["groups"]:
            for rule in group["rules"]:
                del rule["annotations"]
        (cls.folder / "rules.yaml").write_text(yaml.safe_dump(groups))

    def test_rules_are_valid(self):
        run("promtool", "check", "rules", ALERTS)

    def test_each_has_a_case_that_fires_and_one_that_does_not(self):
        self.assertEqual([each["alert"] for each in rules()], [each["alert"] for each in CASES])
        for case in CASES:
            self.assertIn("labels", case["fires"], case["alert"])
            self.assertNotIn("labels", case["silent"], case["alert"])

    def test_cases(self):
        tests = [promtool_test(each[kind], each["alert"]) for each in CASES for kind in ("fires", "silent")]
        file = self.folder / "test.yaml"
        file.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": tests}))
        run("promtool", "test", "rules", file)

    def test_a_case_can_fail(self):
        """The test above finds a rule that never fires."""
        case = promtool_test(CASES[0]["fires"], CASES[0]["alert"])
        case["input_series"].append({"series": 'quorate_serving{ensemble="zoo",pod="c"}', "values": "1x10"})
        file = self.folder / "wrong.yaml"
        file.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": [case]}))
        self.assertNotEqual(run("promtool", "test", "rules", file, check=False).returncode, 0)

    def test_none_needs_a_live_leader(self):
        for rule in rules():
            expression = re.sub(r"count by \([\w, ]+\) \(leader_uptime\)", "", rule["expr"])
            self.assertFalse(OF_LEADERS & set(re.findall(r"\w+", expression)), rule["alert"])

    def test_each_says_what_is_wrong_and_what_to_do(self):
        for rule in rules():
            self.assertEqual(set(rule["annotations"]), {"summary", "description"}, rule["alert"])
            self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
