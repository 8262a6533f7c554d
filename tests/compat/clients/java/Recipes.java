// Curator's framework and recipes, in the API that 2.12 and 5.x share.

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCacheEvent;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.BoundedExponentialBackoffRetry;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.retry.RetryUntilElapsed;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/** Every recipe between clients of its own. */
public class Recipes extends Checks {
    Recipes(String hosts, String prefix) {
        super(hosts, prefix);
        checks.put("framework", this::framework);
        checks.put("retryPolicies", this::retryPolicies);
        checks.put("namespaces", this::namespaces);
        checks.put("watchers", this::watchers);
        checks.put("background", this::background);
        checks.put("acls", this::acls);
        checks.put("transactions", this::transactions);
        checks.put("mutex", this::mutex);
        checks.put("readWriteLock", this::readWriteLock);
        checks.put("semaphores", this::semaphores);
        checks.put("leaderLatch", this::leaderLatch);
        checks.put("leaderSelector", this::leaderSelector);
        checks.put("barriers", this::barriers);
        checks.put("queues", this::queues);
        checks.put("caches", this::caches);
        checks.put("groupMembership", this::groupMembership);
        checks.put("counters", this::counters);
    }

    private void framework() throws Exception {
        try (CuratorFramework client = client()) {
            equal(client.create().creatingParentsIfNeeded().forPath("/a/b/c", "x".getBytes()), "/a/b/c");
            equal(new String(client.getData().forPath("/a/b/c")), "x");
            Stat stat = client.setData().withVersion(0).forPath("/a/b/c", "y".getBytes());
            equal(stat.getVersion(), 1);
            try {
                client.setData().withVersion(0).forPath("/a/b/c");
                require(false, "a stale version was accepted");
            } catch (KeeperException.BadVersionException expected) {
                equal(expected.code(), KeeperException.Code.BADVERSION);
            }
            String path = client.create().withProtection()
                    .withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/a/p-");
            require(path.startsWith("/a/_c_"), path);
            equal(client.checkExists().forPath(path).getEphemeralOwner(),
                    client.getZookeeperClient().getZooKeeper().getSessionId());
            equal(client.getChildren().forPath("/a").size(), 2);
            client.sync().forPath("/a");
            client.delete().guaranteed().deletingChildrenIfNeeded().forPath("/a");
            require(client.checkExists().forPath("/a") == null, "still there");
        }
    }

    private void retryPolicies() throws Exception {
        for (RetryPolicy policy : Arrays.<RetryPolicy>asList(new RetryOneTime(10),
                new RetryNTimes(3, 10), new RetryUntilElapsed(1000, 10),
                new BoundedExponentialBackoffRetry(10, 100, 5))) {
            try (CuratorFramework client = CuratorFrameworkFactory.newClient(hosts, policy)) {
                client.start();
                require(client.checkExists().forPath("/zookeeper") != null, "no /zookeeper");
            }
        }
        // A server that is not there: the policy gives up with ConnectionLoss.
        try (CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString("127.0.0.1:1").sessionTimeoutMs(30000).connectionTimeoutMs(300)
                .retryPolicy(new RetryNTimes(1, 10)).build()) {
            client.start();
            client.getData().forPath("/x");
            require(false, "answered by nobody");
        } catch (KeeperException.ConnectionLossException expected) {
            equal(expected.code(), KeeperException.Code.CONNECTIONLOSS);
        }
    }

    private void namespaces() throws Exception {
        try (CuratorFramework client = client()) {
            client.create().forPath("/inside");
            CuratorFramework plain = client.usingNamespace(null);
            require(plain.checkExists().forPath("/" + client.getNamespace() + "/inside") != null,
                    "not below the namespace");
            CuratorFramework other = client.usingNamespace(client.getNamespace() + "/inside");
            other.create().forPath("/deep");
            equal(client.getChildren().forPath("/inside"), Collections.singletonList("deep"));
        }
    }

    private void watchers() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            one.create().forPath("/w");
            one.getData().usingWatcher((org.apache.zookeeper.Watcher)
                    e -> events.add(e.getType() + " " + e.getPath())).forPath("/w");
            one.getChildren().usingWatcher((org.apache.zookeeper.Watcher)
                    e -> events.add(e.getType() + " " + e.getPath())).forPath("/w");
            two.setData().forPath("/w", "1".getBytes());
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeDataChanged /w");
            two.create().forPath("/w/c");
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeChildrenChanged /w");
            one.checkExists().usingWatcher((org.apache.zookeeper.Watcher)
                    e -> events.add(e.getType() + " " + e.getPath())).forPath("/later");
            two.create().forPath("/later");
            equal(events.poll(SECONDS, TimeUnit.SECONDS), "NodeCreated /later");
        }
    }

    private void background() throws Exception {
        try (CuratorFramework client = client()) {
            int count = 500;
            CountDownLatch done = new CountDownLatch(count);
            AtomicInteger good = new AtomicInteger();
            client.create().forPath("/bg");
            for (int i = 0; i < count; i++) {
                client.create().inBackground((c, event) -> {
                    if (event.getResultCode() == 0) {
                        good.incrementAndGet();
                    }
                    done.countDown();
                }).forPath("/bg/" + i, new byte[100]);
            }
            require(done.await(SECONDS, TimeUnit.SECONDS), "not all answered");
            equal(good.get(), count);
            equal(client.getChildren().forPath("/bg").size(), count);
        }
    }

    private void acls() throws Exception {
        try (CuratorFramework owner = CuratorFrameworkFactory.builder().connectString(hosts)
                .authorization("digest", "u:p".getBytes()).retryPolicy(new RetryOneTime(1)).build();
                CuratorFramework stranger = client()) {
            owner.start();
            List<ACL> acl = Collections.singletonList(
                    new ACL(31, new Id("digest", "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=")));
            String path = "/" + stranger.getNamespace() + "-private";
            owner.create().withACL(acl).forPath(path, "x".getBytes());
            equal(new String(owner.getData().forPath(path)), "x");
            equal(owner.getACL().forPath(path), acl);
            try {
                stranger.usingNamespace(null).getData().forPath(path);
                require(false, "a stranger may read");
            } catch (KeeperException.NoAuthException expected) {
                equal(expected.code(), KeeperException.Code.NOAUTH);
            }
        }
    }

    private void transactions() throws Exception {
        try (CuratorFramework client = client()) {
            client.create().forPath("/t");
            Collection<CuratorTransactionResult> results = client.inTransaction()
                    .create().forPath("/t/a", "1".getBytes())
                    .and().setData().forPath("/t/a", "2".getBytes())
                    .and().check().withVersion(1).forPath("/t/a")
                    .and().delete().forPath("/t/a").and().commit();
            equal(results.size(), 4);
            try {
                client.inTransaction().create().forPath("/t/b")
                        .and().delete().forPath("/t/none").and().commit();
                require(false, "a transaction with a missing node went through");
            } catch (KeeperException.NoNodeException expected) {
                require(client.checkExists().forPath("/t/b") == null, "half a transaction");
            }
        }
    }

    private void mutex() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(4);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger turns = new AtomicInteger();
        List<Future<Void>> futures = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            futures.add(executor.submit((Callable<Void>) () -> {
                try (CuratorFramework client = client()) {
                    InterProcessMutex lock = new InterProcessMutex(client, "/lock");
                    for (int turn = 0; turn < 10; turn++) {
                        require(lock.acquire(SECONDS, TimeUnit.SECONDS), "no lock");
                        equal(inside.incrementAndGet(), 1);
                        turns.incrementAndGet();
                        inside.decrementAndGet();
                        lock.release();
                    }
                }
                return null;
            }));
        }
        for (Future<Void> future : futures) {
            future.get(60, TimeUnit.SECONDS);
        }
        executor.shutdown();
        equal(turns.get(), 40);
        try (CuratorFramework client = client()) {
            InterProcessMultiLock multi = new InterProcessMultiLock(client, Arrays.asList("/m1", "/m2"));
            require(multi.acquire(SECONDS, TimeUnit.SECONDS), "no multi lock");
            multi.release();
        }
    }

    private void readWriteLock() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            InterProcessReadWriteLock first = new InterProcessReadWriteLock(one, "/rw");
            InterProcessReadWriteLock second = new InterProcessReadWriteLock(two, "/rw");
            first.readLock().acquire();
            require(second.readLock().acquire(SECONDS, TimeUnit.SECONDS), "readers exclude each other");
            require(!second.writeLock().acquire(200, TimeUnit.MILLISECONDS), "writer beside readers");
            first.readLock().release();
            second.readLock().release();
            require(second.writeLock().acquire(SECONDS, TimeUnit.SECONDS), "no write lock");
            require(!first.readLock().acquire(200, TimeUnit.MILLISECONDS), "reader beside a writer");
            second.writeLock().release();
        }
    }

    private void semaphores() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            InterProcessSemaphoreV2 first = new InterProcessSemaphoreV2(one, "/sem", 2);
            InterProcessSemaphoreV2 second = new InterProcessSemaphoreV2(two, "/sem", 2);
            Lease lease = first.acquire(SECONDS, TimeUnit.SECONDS);
            require(second.acquire(SECONDS, TimeUnit.SECONDS) != null, "no second lease");
            require(second.acquire(200, TimeUnit.MILLISECONDS) == null, "a third lease of two");
            first.returnLease(lease);
            require(second.acquire(SECONDS, TimeUnit.SECONDS) != null, "no lease after a return");
            InterProcessSemaphoreMutex mutex = new InterProcessSemaphoreMutex(one, "/sm");
            require(mutex.acquire(SECONDS, TimeUnit.SECONDS), "no semaphore mutex");
            mutex.release();
        }
    }

    private void leaderLatch() throws Exception {
        CuratorFramework one = client();
        try (CuratorFramework two = client();
                LeaderLatch second = new LeaderLatch(two, "/latch", "two")) {
            LeaderLatch first = new LeaderLatch(one, "/latch", "one");
            first.start();
            require(first.await(SECONDS, TimeUnit.SECONDS), "nobody leads");
            second.start();
            require(!second.await(200, TimeUnit.MILLISECONDS), "two leaders");
            equal(second.getLeader().getId(), "one");
            one.close(); // The leader's session ends; the other takes over.
            require(second.await(SECONDS, TimeUnit.SECONDS), "no successor");
        }
    }

    private void leaderSelector() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            CountDownLatch led = new CountDownLatch(4);
            AtomicInteger leaders = new AtomicInteger();
            List<LeaderSelector> selectors = new ArrayList<>();
            for (CuratorFramework client : Arrays.asList(one, two)) {
                LeaderSelector selector = new LeaderSelector(client, "/selector",
                        new LeaderSelectorListenerAdapter() {
                            @Override
                            public void takeLeadership(CuratorFramework framework) {
                                equal(leaders.incrementAndGet(), 1);
                                led.countDown();
                                leaders.decrementAndGet();
                            }
                        });
                selector.autoRequeue();
                selector.start();
                selectors.add(selector);
            }
            require(led.await(SECONDS, TimeUnit.SECONDS), "leadership does not go round");
            for (LeaderSelector selector : selectors) {
                selector.close();
            }
        }
    }

    private void barriers() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            DistributedBarrier barrier = new DistributedBarrier(one, "/barrier");
            barrier.setBarrier();
            ExecutorService executor = Executors.newFixedThreadPool(2);
            Future<Boolean> passed = executor.submit(() ->
                    new DistributedBarrier(two, "/barrier").waitOnBarrier(SECONDS, TimeUnit.SECONDS));
            barrier.removeBarrier();
            require(passed.get(SECONDS, TimeUnit.SECONDS), "the barrier holds");
            List<Future<Boolean>> entered = new ArrayList<>();
            for (CuratorFramework client : Arrays.asList(one, two)) {
                entered.add(executor.submit(() -> {
                    DistributedDoubleBarrier both = new DistributedDoubleBarrier(client, "/both", 2);
                    return both.enter(SECONDS, TimeUnit.SECONDS) && both.leave(SECONDS, TimeUnit.SECONDS);
                }));
            }
            for (Future<Boolean> future : entered) {
                require(future.get(SECONDS, TimeUnit.SECONDS), "the double barrier holds");
            }
            executor.shutdown();
        }
    }

    private static final QueueSerializer<String> STRINGS = new QueueSerializer<String>() {
        @Override
        public byte[] serialize(String item) {
            return item.getBytes();
        }

        @Override
        public String deserialize(byte[] bytes) {
            return new String(bytes);
        }
    };

    private static QueueConsumer<String> into(BlockingQueue<String> sink) {
        return new QueueConsumer<String>() {
            @Override
            public void consumeMessage(String message) {
                sink.add(message);
            }

            @Override
            public void stateChanged(CuratorFramework framework, ConnectionState state) {}
        };
    }

    private void queues() throws Exception {
        try (CuratorFramework client = client()) {
            BlockingQueue<String> taken = new LinkedBlockingQueue<>();
            try (DistributedQueue<String> queue = QueueBuilder
                    .builder(client, into(taken), STRINGS, "/queue").lockPath("/queue-locks").buildQueue()) {
                queue.start();
                for (int i = 0; i < 20; i++) {
                    queue.put("item" + i);
                }
                List<String> got = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    got.add(taken.poll(SECONDS, TimeUnit.SECONDS));
                }
                require(got.containsAll(Arrays.asList("item0", "item19")), got.toString());
            }
            try (DistributedPriorityQueue<String> queue = QueueBuilder
                    .builder(client, into(taken), STRINGS, "/priority").buildPriorityQueue(1)) {
                queue.start();
                queue.put("one", 5);
                equal(taken.poll(SECONDS, TimeUnit.SECONDS), "one");
            }
            SimpleDistributedQueue simple = new SimpleDistributedQueue(client, "/simple");
            require(simple.offer("first".getBytes()) && simple.offer("second".getBytes()), "no offer");
            equal(new String(simple.poll(SECONDS, TimeUnit.SECONDS)), "first");
            equal(new String(simple.take()), "second");
        }
    }

    private void caches() throws Exception {
        try (CuratorFramework client = client(); CuratorFramework writer = client()) {
            client.create().forPath("/c");
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            try (PathChildrenCache cache = new PathChildrenCache(client, "/c", true);
                    NodeCache node = new NodeCache(client, "/c/x");
                    TreeCache tree = new TreeCache(client, "/c")) {
                cache.getListenable().addListener((c, event) -> {
                    if (event.getType() != PathChildrenCacheEvent.Type.INITIALIZED) {
                        events.add(event.getType() + " " + event.getData().getPath());
                    }
                });
                CountDownLatch deep = new CountDownLatch(1);
                CountDownLatch changed = new CountDownLatch(1);
                tree.getListenable().addListener((c, event) -> {
                    if (event.getData() != null && event.getData().getPath().equals("/c/x/deep")) {
                        deep.countDown();
                    }
                });
                node.getListenable().addListener(changed::countDown);
                cache.start(PathChildrenCache.StartMode.POST_INITIALIZED_EVENT);
                tree.start();
                node.start(true);
                writer.create().forPath("/c/x", "1".getBytes());
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "CHILD_ADDED /c/x");
                writer.setData().forPath("/c/x", "2".getBytes());
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "CHILD_UPDATED /c/x");
                writer.create().forPath("/c/x/deep");
                require(deep.await(SECONDS, TimeUnit.SECONDS), "the tree cache is blind");
                require(changed.await(SECONDS, TimeUnit.SECONDS), "the node cache is blind");
                writer.delete().deletingChildrenIfNeeded().forPath("/c/x");
                equal(events.poll(SECONDS, TimeUnit.SECONDS), "CHILD_REMOVED /c/x");
            }
        }
    }

    private void groupMembership() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            GroupMember first = new GroupMember(one, "/group", "one");
            first.start();
            try (GroupMember second = new GroupMember(two, "/group", "two", "data".getBytes())) {
                second.start();
                awaitSize(first, 2);
                equal(new String(first.getCurrentMembers().get("two")), "data");
            }
            awaitSize(first, 1);
            first.close();
        }
    }

    private static void awaitSize(GroupMember member, int size) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (member.getCurrentMembers().size() != size) {
            require(System.nanoTime() < deadline, "members: " + member.getCurrentMembers().keySet());
            Thread.sleep(10); // The recipe offers no event.
        }
    }

    private void counters() throws Exception {
        try (CuratorFramework one = client(); CuratorFramework two = client()) {
            DistributedAtomicLong first = new DistributedAtomicLong(one, "/long", new RetryNTimes(10, 10));
            DistributedAtomicLong second = new DistributedAtomicLong(two, "/long", new RetryNTimes(10, 10));
            for (int i = 0; i < 10; i++) {
                require(first.increment().succeeded() && second.increment().succeeded(), "no increment");
            }
            equal(first.get().postValue(), 20L);
            try (SharedCount count = new SharedCount(one, "/count", 3);
                    SharedCount other = new SharedCount(two, "/count", 3)) {
                count.start();
                other.start();
                count.setCount(7);
                require(other.trySetCount(other.getVersionedValue(), 8) || other.getCount() >= 3, "count");
            }
        }
    }

    public static void main(String[] args) {
        System.exit(new Recipes(args[0], args[1]).runAll());
    }
}
