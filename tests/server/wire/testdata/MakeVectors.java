// Prints what Apache ZooKeeper's own classes say: records as "name hex" lines, or whether paths,
// given as bytes, are valid.
// java -cp zookeeper.jar:zookeeper-jute.jar:slf4j-api.jar MakeVectors.java > jute.txt
// java -cp (the same) MakeVectors.java paths > paths.txt
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.common.PathUtils;
import org.apache.zookeeper.data.*;
import org.apache.zookeeper.proto.*;
import org.apache.zookeeper.txn.*;

public class MakeVectors {
    static final List<ACL> ACLS =
        List.of(new ACL(31, new Id("world", "anyone")), new ACL(1, new Id("digest", "u:p=")));
    static final byte[] DATA = {1, 2, (byte) 0xff};
    static final byte[] EMPTY = {};
    static final byte[] PASSWORD = HexFormat.of().parseHex("054cc74a37327db215e702e20c73f005");

    static void print(String name, Record... records) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
        for (Record record : records) {
            record.serialize(archive, "record");
        }
        System.out.println(name + " " + HexFormat.of().formatHex(bytes.toByteArray()));
    }

    static byte[] bytes(Record record) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        record.serialize(BinaryOutputArchive.getArchive(bytes), "record");
        return bytes.toByteArray();
    }

    static TxnHeader header(int type) {
        return new TxnHeader(0x100000000000000L, 7, 0x200000003L, 1700000000123L, type);
    }

    static void requests() throws Exception {
        print("connect_request",
            new ConnectRequest(0, 0x123456789L, 30000, 0x100000000000001L, PASSWORD, true));
        print("connect_response",
            new ConnectResponse(0, 20000, 0x100000000000001L, PASSWORD, false));
        print("request_header", new RequestHeader(5, 4));
        print("create", new CreateRequest("/a", DATA, ACLS, 3));
        print("create_null", new CreateRequest("/a", null, null, 0));
        print("create_empty", new CreateRequest("/a", EMPTY, List.of(), 0));
        print("create_ttl", new CreateTTLRequest("/t", DATA, ACLS, 5, 60000));
        print("delete", new DeleteRequest("/a/b", 4));
        print("set_data", new SetDataRequest("/a", DATA, -1));
        print("set_acl", new SetACLRequest("/a", ACLS, 2));
        print("check", new CheckVersionRequest("/a", 9));
        print("reconfig", new ReconfigRequest("server.4=h:1:2", null, "", -1));
        print("exists", new ExistsRequest("/a", true));
        print("get_data", new GetDataRequest("/a", false));
        print("get_acl", new GetACLRequest("/a"));
        print("get_children", new GetChildrenRequest("/a", true));
        print("get_children2", new GetChildren2Request("/a", true));
        print("sync", new SyncRequest("/s"));
        print("remove_watches", new RemoveWatchesRequest("/w", 3));
        print("check_watches", new CheckWatchesRequest("/w", 1));
        print("auth", new AuthPacket(0, "digest", DATA));
        print("set_watches", new SetWatches(77, List.of("/d"), List.of("/e", "/f"), List.of()));
        print("set_watches2", new SetWatches2(77, List.of("/d"), List.of(), List.of("/c"),
            List.of("/p"), List.of("/r", "/q")));
        print("sasl", new GetSASLRequest(DATA));
        print("get_ephemerals", new GetEphemeralsRequest("/e"));
        print("get_all_children_number", new GetAllChildrenNumberRequest("/n"));
        print("add_watch", new AddWatchRequest("/w", 1));
        print("multi", new MultiOperationRecord(List.of(
            Op.create("/a", DATA, ACLS, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.create("/t", EMPTY, ACLS, CreateMode.PERSISTENT_WITH_TTL, 5000),
            Op.create("/c", EMPTY, ACLS, CreateMode.CONTAINER),
            Op.delete("/b", 1), Op.setData("/s", DATA, 2), Op.check("/k", 3))));
        print("multi_empty", new MultiOperationRecord(List.of()));
        print("multi_read", new MultiOperationRecord(
            List.of(Op.getData("/a"), Op.getChildren("/b"))));
    }

    static void replies() throws Exception {
        print("reply_header", new ReplyHeader(5, 0x100000002L, -101));
        print("notification", new ReplyHeader(-1, 0x100000002L, 0), new WatcherEvent(3, 3, "/a"));
        Stat stat = new Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        print("stat", stat);
        print("stat_persisted", new StatPersisted(1, 2, 3, 4, 5, 6, 7, 8, 11));
        MultiResponse results = new MultiResponse();
        results.add(new OpResult.CreateResult("/a", stat));
        results.add(new OpResult.SetDataResult(stat));
        results.add(new OpResult.DeleteResult());
        results.add(new OpResult.ErrorResult(-101));
        print("multi_response", results);
    }

    static void transactions() throws Exception {
        TxnDigest digest = new TxnDigest(2, 0x51c6d660L);
        print("txn_create_session", header(-10), new CreateSessionTxn(30000), digest);
        print("txn_close_session", header(-11), new CloseSessionTxn(List.of("/e", "/f")), digest);
        print("txn_close_session_none", header(-11), new CloseSessionTxn(List.of()), digest);
        print("txn_close_session_no_body", header(-11), digest);
        print("txn_create", header(1), new CreateTxn("/a", DATA, ACLS, true, 12), digest);
        print("txn_create_v0", header(1), new CreateTxnV0("/a", DATA, ACLS, false));
        print("txn_create2", header(15), new CreateTxn("/a", null, ACLS, false, 12), digest);
        print("txn_container", header(19), new CreateContainerTxn("/c", EMPTY, ACLS, 13), digest);
        print("txn_ttl", header(21), new CreateTTLTxn("/t", DATA, ACLS, 14, 60000), digest);
        print("txn_delete", header(2), new DeleteTxn("/a"), digest);
        print("txn_delete_container", header(20), new DeleteTxn("/c"), digest);
        print("txn_set_data", header(5), new SetDataTxn("/a", DATA, 6), digest);
        print("txn_reconfig", header(16), new SetDataTxn("/zookeeper/config", DATA, 6), digest);
        print("txn_set_acl", header(7), new SetACLTxn("/a", ACLS, 8), digest);
        print("txn_error", header(-1), new ErrorTxn(-110));
        print("txn_multi", header(14), new MultiTxn(List.of(
            new Txn(1, bytes(new CreateTxn("/m", DATA, ACLS, false, 1))),
            new Txn(13, bytes(new CheckVersionTxn("/k", 3))),
            new Txn(5, bytes(new SetDataTxn("/s", DATA, 4))),
            new Txn(2, bytes(new DeleteTxn("/d"))))), digest);
        print("txn_multi_failed", header(14), new MultiTxn(List.of(
            new Txn(2, bytes(new DeleteTxn("/d"))),
            new Txn(-1, bytes(new ErrorTxn(-101))),
            new Txn(-1, bytes(new ErrorTxn(-2))))), digest);
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    static byte[] text(String characters) {
        return characters.getBytes(StandardCharsets.UTF_8);
    }

    // Every border of a forbidden range, in 3-byte form for surrogates; malformed and overlong bytes.
    static List<byte[]> characters() {
        List<byte[]> list = new ArrayList<>();
        int[] points = {0, 1, 0x1f, 0x20, 0x2d, 0x2e, 0x30, 0x7e, 0x7f, 0x80, 0x9f, 0xa0, 0x7ff, 0x800,
            0xfff, 0x1000, 0xd7ff, 0xf8ff, 0xf900, 0xfdd0, 0xfeff, 0xffef, 0xfff0, 0xfffd, 0xffff,
            0x10000, 0x1f600, 0x10ffff};
        for (int point : points) {
            list.add(text(new String(Character.toChars(point))));
        }
        for (String digits : List.of("eda080", "edbfbf", "eda080edb080", "ee8080", "80", "bf", "c0",
                "c080", "c0af", "c1bf", "c2", "c2c0", "df", "e0", "e080", "e08080", "e09fbf", "e0a0",
                "e0a080", "e0a0c0", "ed9fbf", "efbfaf", "efbfb0", "efbfbd", "efbfbf", "f0", "f0808080",
                "f08fbfbf", "f09080", "f0908080", "f48fbfbf", "f4908080", "f5808080", "f888808080",
                "fe", "ff")) {
            list.add(hex(digits));
        }
        return list;
    }

    static void printPath(byte[] path) {
        String verdict = "valid";
        try {
            PathUtils.validatePath(new String(path, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException refused) {
            verdict = "invalid";
        }
        System.out.println(verdict + " " + HexFormat.of().formatHex(path));
    }

    static void paths() {
        for (String path : List.of("", "/", "a", "//", "/a", "/a/", "/a/b", "/a//b", "/.", "/..", "/...",
                "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b", "/.a", "/..a", "/a.", "/a..",
                "/a/.b", "/a/b.", "/a/...", "/a b", " /a", ".", "..", "/a/.../b", "/..../", "a/b",
                "/zookeeper", "/\u00e9t\u00e9/\u65e5\u672c")) {
            printPath(text(path));
        }
        for (byte[] character : characters()) {
            printPath(character);
            printPath(concat(text("/"), character));
            printPath(concat(text("/a"), character, text("b")));
            printPath(concat(text("/a/"), character, text("/b")));
        }
        // Likely bytes in any order: mostly malformed, or valid by luck.
        byte[] pieces = hex("2f2f2f2e2e6161627f80a0bfc2c3dfe0e1edeeef9f");
        Random random = new Random(1);
        for (int count = 0; count < 600; ++count) {
            byte[] path = new byte[1 + random.nextInt(7)];
            for (int index = 0; index < path.length; ++index) {
                path[index] = pieces[random.nextInt(pieces.length)];
            }
            path[0] = '/';
            printPath(path);
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0) {
            paths();
            return;
        }
        requests();
        replies();
        transactions();
    }
}
