// What only Curator 5.x offers: CuratorCache over persistent watches, typed transactions, TTL.

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;

/** The newer API against the server. */
public class Modern extends Checks {
    Modern(String hosts, String prefix) {
        super(hosts, prefix);
        checks.put("curatorCache", this::curatorCache);
        checks.put("persistentWatcher", this::persistentWatcher);
        checks.put("addAndRemoveWatches", this::addAndRemoveWatches);
        checks.put("transactionOps", this::transactionOps);
        checks.put("containersAndTtl", this::containersAndTtl);
        checks.put("persistentNode", this::persistentNode);
    }

    private void curatorCache() throws Exception {
        try (CuratorFramework client = client(); CuratorFramework writer = client()) {
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            try (CuratorCache cache = CuratorCache.build(client, "/cache")) {
                CountDownLatch ready = new CountDownLatch(1);
                cache.listenable().addListener(CuratorCacheListener.builder()
                        .forCreates(node -> events.add("created " + node.getPath()))
                        .forChanges((old, node) -> events.add("changed " + node.getPath()))
                        .forDeletes(node -> events.add("deleted " + node.getPath()))
                        .forInitialized(ready::countDown).build());
                cache.start();
                require(ready.await(SECONDS, TimeUnit.SECONDS), "not initialised");
                writer.create().forPath("/cache");
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "created /cache");
                writer.create().forPath("/cache/a");
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "created /cache/a");
                writer.setData().forPath("/cache/a", "1".getBytes());
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "changed /cache/a");
                writer.delete().forPath("/cache/a");
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "deleted /cache/a");
            }
        }
    }

    private void persistentWatcher() throws Exception {
        try (CuratorFramework client = client(); CuratorFramework writer = client();
                PersistentWatcher watcher = new PersistentWatcher(client, "/p", true)) {
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            CountDownLatch armed = new CountDownLatch(1);
            watcher.getListenable().addListener(e -> events.add(e.getType() + " " + e.getPath()));
            watcher.getResetListenable().addListener(armed::countDown);
            watcher.start();
            require(armed.await(SECONDS, TimeUnit.SECONDS), "not armed");
            writer.create().forPath("/p");
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeCreated /p");
            writer.create().forPath("/p/c");
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeCreated /p/c");
            for (int i = 0; i < 3; i++) {
                writer.setData().forPath("/p/c");
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeDataChanged /p/c");
            }
        }
    }

    private void addAndRemoveWatches() throws Exception {
        try (CuratorFramework client = client()) {
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            Watcher watcher = e -> events.add(e.getType() + " " + e.getPath());
            client.create().forPath("/r");
            client.watchers().add().withMode(AddWatchMode.PERSISTENT).usingWatcher(watcher).forPath("/r");
            client.setData().forPath("/r");
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeDataChanged /r");
            client.watchers().removeAll().ofType(Watcher.WatcherType.Any).forPath("/r");
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "PersistentWatchRemoved /r");
            client.setData().forPath("/r");
            client.getData().forPath("/r");
            require(events.isEmpty(), "an event after removal: " + events);
        }
    }

    private void transactionOps() throws Exception {
        try (CuratorFramework client = client()) {
            client.create().forPath("/t");
            List<CuratorTransactionResult> results = client.transaction().forOperations(
                    client.transactionOp().create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath("/t/s-"),
                    client.transactionOp().create().withMode(CreateMode.CONTAINER).forPath("/t/c"),
                    client.transactionOp().setData().forPath("/t", "x".getBytes()),
                    client.transactionOp().check().withVersion(1).forPath("/t"));
            equal(results.size(), 4);
            equal(results.get(0).getResultPath(), "/t/s-0000000000");
            equal(results.get(2).getResultStat().getVersion(), 1);
        }
    }

    private void containersAndTtl() throws Exception {
        try (CuratorFramework client = client()) {
            Stat stat = new Stat();
            client.create().withTtl(3600000).storingStatIn(stat).creatingParentContainersIfNeeded()
                    .withMode(CreateMode.PERSISTENT_WITH_TTL).forPath("/k/ttl");
            equal(stat.getEphemeralOwner(), 0L);
            equal(stat.getVersion(), 0);
            try (PersistentTtlNode node = new PersistentTtlNode(client, "/k/alive", 60000, new byte[0])) {
                node.start();
                require(node.waitForInitialCreate(SECONDS, TimeUnit.SECONDS), "no TTL node");
            }
        }
    }

    private void persistentNode() throws Exception {
        try (CuratorFramework client = client(); CuratorFramework other = client();
                PersistentNode node = new PersistentNode(client, CreateMode.EPHEMERAL, false, "/n", "x".getBytes())) {
            node.start();
            require(node.waitForInitialCreate(SECONDS, TimeUnit.SECONDS), "no node");
            CountDownLatch again = new CountDownLatch(1);
            node.getListenable().addListener(path -> again.countDown());
            other.delete().forPath("/n");
            require(again.await(SECONDS, TimeUnit.SECONDS), "the node does not come back");
        }
    }

    public static void main(String[] args) {
        System.exit(new Modern(args[0], args[1]).runAll());
    }
}
