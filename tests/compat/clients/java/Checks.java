// Runs named checks and prints "ok NAME" or "FAIL NAME: why"; shared by the Curator programs.

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;

/** A list of checks against one server; each gets fresh clients of its own namespace. */
public abstract class Checks {
    /** One check; anything thrown is a failure. */
    public interface Check {
        void run() throws Exception;
    }

    protected static final int SECONDS = 20;
    protected final String hosts;
    private final String prefix;
    protected final Map<String, Check> checks = new LinkedHashMap<>();
    private String namespace = "none";

    protected Checks(String hosts, String prefix) {
        this.hosts = hosts;
        this.prefix = prefix;
    }

    /** A started client in the namespace of the running check; the caller closes it. */
    protected CuratorFramework client() throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(hosts)
                .namespace(namespace)
                .sessionTimeoutMs(15000)
                .connectionTimeoutMs(10000)
                .retryPolicy(new ExponentialBackoffRetry(100, 5))
                .build();
        client.start();
        require(client.blockUntilConnected(SECONDS, TimeUnit.SECONDS), "not connected");
        return client;
    }

    protected static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    protected static void equal(Object actual, Object expected) {
        require(expected.equals(actual), "got " + actual + " instead of " + expected);
    }

    /** Runs every check; the exit code counts the failures. */
    protected int runAll() {
        int failures = 0;
        ExecutorService executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        });
        for (Map.Entry<String, Check> entry : checks.entrySet()) {
            namespace = prefix + "-" + entry.getKey();
            try {
                executor.submit((Callable<Void>) () -> {
                    entry.getValue().run();
                    return null;
                }).get(90, TimeUnit.SECONDS);
                System.out.println("ok " + entry.getKey());
            } catch (Exception error) {
                Throwable cause = error.getCause() == null ? error : error.getCause();
                System.out.println("FAIL " + entry.getKey() + ": " + cause);
                cause.printStackTrace(System.out);
                failures++;
            }
        }
        return failures;
    }
}
