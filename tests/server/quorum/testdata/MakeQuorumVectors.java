// Prints what Apache ZooKeeper's own classes say about quorum packets, notifications and dynamic
// configurations. It lives in their package, because some of them are not public:
//   javac -cp 'LIB/*' -d OUT MakeQuorumVectors.java
//   java -cp 'OUT:LIB/*' org.apache.zookeeper.server.quorum.MakeQuorumVectors wire > ../../wire/testdata/quorum.txt
//   java -cp (the same) ...MakeQuorumVectors configurations > configurations_apache.txt
//   java -cp (the same) ...MakeQuorumVectors reconfig reconfig_cases.txt > reconfig_apache.txt
// `wire` also starts a member and records what it sends to a peer's election port; `reconfig` starts
// one and asks it for each change in the file CASES.
package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.Id;

public class MakeQuorumVectors {
    static byte[] bytes(Record record) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        record.serialize(BinaryOutputArchive.getArchive(out), "record");
        return out.toByteArray();
    }

    static void print(String name, byte[] bytes) {
        System.out.println(name + " " + HexFormat.of().formatHex(bytes));
    }

    static void packet(String name, int type, long zxid, byte[] data, List<Id> ids)
        throws Exception {
        print(name, bytes(new QuorumPacket(type, zxid, data, ids)));
    }

    static void packets() throws Exception {
        byte[] info = bytes(new LearnerInfo(3, 0x10000, 0x100000002L));
        print("learner_info", info);
        packet("follower_info", Leader.FOLLOWERINFO, 0x500000000L, info, null);
        packet("observer_info", Leader.OBSERVERINFO, 0x500000000L, info, null);
        byte[] four = ByteBuffer.allocate(4).putInt(0x10000).array();
        packet("leader_info", Leader.LEADERINFO, 0x600000000L, four, null);
        packet("ack_epoch", Leader.ACKEPOCH, 0x50000000aL,
            ByteBuffer.allocate(4).putInt(5).array(), null);
        packet("ack_epoch_again", Leader.ACKEPOCH, 0x50000000aL,
            ByteBuffer.allocate(4).putInt(-1).array(), null);
        packet("ack", Leader.ACK, 0x600000001L, null, null);
        packet("up_to_date", Leader.UPTODATE, -1, null, null);
        packet("ping_answer_empty", Leader.PING, 0x600000001L, new byte[0], null);
        List<Id> ids = List.of(new Id("ip", "10.0.0.1"), new Id("digest", "u:p="));
        ByteBuffer request = ByteBuffer.allocate(18).putLong(0x1234).putInt(7).putInt(5);
        packet("request", Leader.REQUEST, -1, request.put((byte) 1).put((byte) 2).array(), ids);
        packet("commit_and_activate", Leader.COMMITANDACTIVATE, 0x600000002L,
            ByteBuffer.allocate(8).putLong(3).array(), null);
    }

    static void notifications() {
        byte[] config = "server.1=a:1:2:participant\nversion=100000000".getBytes(
            StandardCharsets.UTF_8);
        print("notification", FastLeaderElection.buildMsg(0, 3, 0x500000007L, 4, 5, config).array());
        print("notification_40", FastLeaderElection.buildMsg(2, 3, 0x500000007L, 4, 5).array());
    }

    // ---- A member of its own ------------------------------------------------------------------

    static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static void startMember(long id, int clientPort, String servers) throws Exception {
        Path dir = Files.createTempDirectory("quorum-vectors");
        Files.writeString(dir.resolve("myid"), Long.toString(id));
        Path file = dir.resolve("zoo.cfg");
        Files.writeString(file, "dataDir=" + dir + "\ntickTime=500\ninitLimit=10\nsyncLimit=5\n"
            + "standaloneEnabled=false\nreconfigEnabled=true\nskipACL=yes\nadmin.enableServer=false\n"
            + (clientPort == 0 ? "" : "clientPort=" + clientPort + "\n") + servers);
        System.setProperty("zookeeper.skipACL", "yes");
        Thread member = new Thread(() -> {
            try {
                new QuorumPeerMain().initializeAndRun(new String[] {file.toString()});
            } catch (Exception e) {
                e.printStackTrace();
            }
        });
        member.setDaemon(true);
        member.start();
    }

    /** What member 5 sends to member 3, which is told nothing. */
    static void captures() throws Exception {
        try (ServerSocket election = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            startMember(5, 0, "server.3=127.0.0.1:" + freePort() + ":"
                + election.getLocalPort() + "\nserver.5=127.0.0.1:" + freePort() + ":" + freePort()
                + ":participant;127.0.0.1:" + freePort() + "\n");
            Socket peer = election.accept();
            DataInputStream in = new DataInputStream(peer.getInputStream());
            ByteBuffer head = ByteBuffer.wrap(in.readNBytes(20));
            byte[] hello = ByteBuffer.allocate(20 + head.getInt(16)).put(head)
                .put(in.readNBytes(head.getInt(16))).array();
            print("sent_hello", hello);
            byte[] size = in.readNBytes(4);
            byte[] body = in.readNBytes(ByteBuffer.wrap(size).getInt());
            print("sent_frame", ByteBuffer.allocate(4 + body.length).put(size).put(body).array());
        }
    }

    // ---- Configurations -----------------------------------------------------------------------

    static String escape(String text) {
        return text.replace("\n", "\\n");
    }

    /** The text that Apache writes of `text`, or `error`. */
    static void configuration(String text) {
        String output;
        try {
            Properties properties = new Properties();
            properties.load(new StringReader(text));
            output = QuorumPeerConfig.parseDynamicConfig(properties, 3, true, false, null).toString();
        } catch (Exception e) {
            output = "error";
        }
        System.out.println(escape(text));
        System.out.println(escape(output));
    }

    static void configurations() {
        String tail = "version=1f00000000";
        String[] specs = {"10.0.0.1:2888:3888", "10.0.0.1:2888:3888:participant",
            "10.0.0.1:2888:3888:PARTICIPANT", "10.0.0.1:2888:3888:observer",
            "10.0.0.1:2888:3888;2181", "10.0.0.1:2888:3888:participant;10.0.0.9:2181",
            "[::1]:2888:3888;[::]:2181", "[2001:db8::1]:2888:3888;[2001:db8::1]:2181",
            "10.0.0.1:2888", "10.0.0.1:2888:2888", "10.0.0.1:2888:3888:voter", "10.0.0.1:x:3888",
            "10.0.0.1:2888:3888:participant:x", "10.0.0.1:2888:3888;x", "10.0.0.1:2888:3888;",
            "10.0.0.1:2888:3888;1;2;3", ":2888:3888", "10.0.0.1:70000:3888",
            "10.0.0.2:2888:3888|10.0.0.1:2889:3889;2181", "10.0.0.1:2888:3888|10.0.0.1:2888:3888",
            "localhost:2888:3888:participant;localhost:2181"};
        for (String spec : specs) {
            configuration("server.1=" + spec + "\nserver.2=10.0.1.2:1:2\n" + tail);
        }
        String two = "server.1=10.0.0.1:1:2\nserver.2=10.0.0.2:1:2\n";
        for (String rest : new String[] {"version=0", "version=", "version=xyz", "", "# note\n",
                 "clientPort=1\n", "server.x=10.0.0.3:1:2\n", "server.-3=10.0.0.3:1:2\n",
                 "server.2=10.0.0.4:5:6\n", "server.=10.0.0.3:1:2\n", "version=ffffffffffffffff"}) {
            configuration(two + rest);
        }
        configuration("server.1=10.0.0.1:1:2:observer\nversion=0");
        configuration("version=0");
        configuration("");
        Random random = new Random(7);
        for (int round = 0; round < 40; ++round) {
            StringBuilder text = new StringBuilder();
            int count = 2 + random.nextInt(14);
            int step = new int[] {1, 16, 32, 7}[random.nextInt(4)];
            for (int index = 0; index < count; ++index) {
                long id = 1 + (long) step * (round % 2 == 0 ? index : random.nextInt(40));
                text.append("server." + id + "=10.0.0." + (id % 200) + ":1:2\n");
            }
            configuration(text + tail);
        }
    }

    // ---- Reconfigurations ---------------------------------------------------------------------

    /** Each line of `cases`: joining, leaving, members, version, between bars; `-` is null. */
    static void reconfig(String cases) throws Exception {
        int client = freePort();
        startMember(1, 0, "server.1=127.0.0.1:" + freePort() + ":" + freePort()
            + ":participant;127.0.0.1:" + client + "\n");
        ZooKeeperAdmin admin = new ZooKeeperAdmin("127.0.0.1:" + client, 20000, event -> {});
        String first = null;
        while (first == null) {
            try {
                first = new String(admin.getConfig(false, null), StandardCharsets.UTF_8);
            } catch (KeeperException.ConnectionLossException e) {
                Thread.sleep(100);  // Not serving yet.
            }
        }
        String version = first.substring(first.lastIndexOf('=') + 1);
        String self = first.substring(0, first.indexOf('\n'));
        for (String line : Files.readAllLines(new File(cases).toPath())) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            List<String> parts = new ArrayList<>();
            for (String part : line.split("\\|", -1)) {
                parts.add(part.equals("-") ? null : part.replace("SELF", self));
            }
            long from = parts.get(3).equals("current") ? Long.parseLong(version, 16)
                                                       : Long.parseLong(parts.get(3));
            int code = 0;
            try {
                admin.reconfigure(parts.get(0), parts.get(1), parts.get(2), from, null);
            } catch (KeeperException e) {
                code = e.code().intValue();
            }
            System.out.println(line + " -> " + code);
        }
    }

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "wire" -> {
                packets();
                notifications();
                captures();
            }
            case "configurations" -> configurations();
            default -> reconfig(arguments[1]);
        }
        System.out.flush();
        System.exit(0);
    }
}
