"""Birth, growth and shrinking."""


def zones_of(cluster):
    return sorted(z["voters"] for z in cluster["status"]["zones"])


def test_bootstrap(case):
    """From nothing to three voters that serve, one in each zone, and kubectl shows it."""
    cluster = case.settle(case.create(voters=3))
    assert zones_of(cluster) == [1, 1, 1]
    assert case.kubectl("wait", "--for=condition=Ready", "qc/zoo")
    assert case.leader() in case.members()
    case.load()
    table = case.kubectl("get", "qc", "zoo")
    for word in ("VOTERS", "READY", "LEADER", "VERSION", "STATUS", "AGE", case.leader()):
        assert word in table
    case.verdict()


def test_voters_up_and_down(case):
    """1 -> 3 -> 5 -> 7 -> 5 -> 3 under load, and two observers on the way."""
    cluster = case.settle(case.create(voters=1))
    first = case.members()[0]
    case.load(pinned=[first])
    for voters, spread in ((3, [1, 1, 1]), (5, [1, 2, 2]), (7, [2, 2, 3]), (5, [1, 2, 2]), (3, [1, 1, 1])):
        cluster = case.settle(case.patch(voters=voters), f"{voters} voters")
        assert zones_of(cluster) == spread, (voters, cluster["status"]["zones"])
        case.progress()
        if voters == 5 and "observers" not in case.notes:
            case.notes.append("observers")
            before = set(case.members())
            case.settle(case.scale(2), "two observers")
            assert set(case.members()) == before and len(case.members("Observer")) == 2
            case.settle(case.scale(0), "no observers")
    case.notes.remove("observers")
    case.verdict()
