/* Uses every call of the C client against one server; prints "ok" and exits 0, or names the line. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

#define SECONDS 20
#define CHECK(what, expected)                                                              \
  do {                                                                                     \
    int got_ = (what);                                                                     \
    if (got_ != (expected)) {                                                              \
      fprintf(stderr, "line %d: %s gave %d (%s), not %d\n", __LINE__, #what, got_,         \
              zerror(got_), (expected));                                                   \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

/* The last event that a watcher was told, guarded by `lock`. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static int last_type, last_count, last_state;
static char last_path[256];

static void watch(zhandle_t *handle, int type, int state, const char *path, void *context) {
  (void)handle;
  (void)context;
  pthread_mutex_lock(&lock);
  last_type = type;
  last_state = state;
  if (type != ZOO_SESSION_EVENT) last_count++;
  snprintf(last_path, sizeof last_path, "%s", path ? path : "");
  pthread_cond_broadcast(&told);
  pthread_mutex_unlock(&lock);
}

static void await(int (*ready)(void)) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += SECONDS;
  pthread_mutex_lock(&lock);
  while (!ready()) {
    if (pthread_cond_timedwait(&told, &lock, &until) != 0) {
      fprintf(stderr, "nothing came: type %d path %s\n", last_type, last_path);
      exit(1);
    }
  }
  pthread_mutex_unlock(&lock);
}

static int wanted_count;
static int counted(void) { return last_count >= wanted_count; }
static int connected(void) { return last_state == ZOO_CONNECTED_STATE; }

static void expect_event(int type, const char *path) {
  wanted_count++;
  await(counted);
  if (last_type != type || strcmp(last_path, path) != 0) {
    fprintf(stderr, "event %d %s instead of %d %s\n", last_type, last_path, type, path);
    exit(1);
  }
}

static zhandle_t *open_session(const char *hosts, const clientid_t *id) {
  pthread_mutex_lock(&lock);
  last_state = 0;
  pthread_mutex_unlock(&lock);
  zhandle_t *handle = zookeeper_init(hosts, watch, 20000, id, NULL, 0);
  if (handle == NULL) {
    perror("zookeeper_init");
    exit(1);
  }
  await(connected);
  return handle;
}

static void nodes(zhandle_t *zk) {
  char name[128], data[128];
  int size = sizeof data;
  struct Stat stat;
  struct String_vector children;
  CHECK(zoo_create(zk, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, name, sizeof name), ZOK);
  CHECK(strcmp(name, "/c"), 0);
  CHECK(zoo_create(zk, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, name, sizeof name), ZNODEEXISTS);
  CHECK(zoo_get(zk, "/c", 0, data, &size, &stat), ZOK);
  CHECK(size == 3 && memcmp(data, "one", 3) == 0, 1);
  CHECK(zoo_set2(zk, "/c", "two", 3, 0, &stat), ZOK);
  CHECK(stat.version, 1);
  CHECK(zoo_set(zk, "/c", "x", 1, 0), ZBADVERSION);
  CHECK(zoo_create2(zk, "/c/s", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE | ZOO_EPHEMERAL, name,
                    sizeof name, &stat), ZOK);
  CHECK(strcmp(name, "/c/s0000000000"), 0);
  CHECK(stat.ephemeralOwner == zoo_client_id(zk)->client_id, 1);
  CHECK(zoo_get_children2(zk, "/c", 0, &children, &stat), ZOK);
  CHECK(children.count, 1);
  deallocate_String_vector(&children);
  CHECK(zoo_exists(zk, "/none", 0, &stat), ZNONODE);
  CHECK(zoo_delete(zk, "/c", -1), ZNOTEMPTY);
  CHECK(zoo_delete(zk, name, -1), ZOK);
  CHECK(zoo_create(zk, "bad", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, name, sizeof name), ZBADARGUMENTS);
}

static void watches(zhandle_t *zk) {
  struct Stat stat;
  char data[16];
  int size = sizeof data;
  struct String_vector children;
  CHECK(zoo_wexists(zk, "/w", watch, NULL, &stat), ZNONODE);
  CHECK(zoo_create(zk, "/w", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0), ZOK);
  expect_event(ZOO_CREATED_EVENT, "/w");
  CHECK(zoo_wget(zk, "/w", watch, NULL, data, &size, &stat), ZOK);
  CHECK(zoo_set(zk, "/w", "x", 1, -1), ZOK);
  expect_event(ZOO_CHANGED_EVENT, "/w");
  CHECK(zoo_wget_children(zk, "/w", watch, NULL, &children), ZOK);
  CHECK(zoo_create(zk, "/w/c", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0), ZOK);
  expect_event(ZOO_CHILD_EVENT, "/w");
  CHECK(zoo_delete(zk, "/w/c", -1), ZOK);
  CHECK(zoo_wexists(zk, "/w", watch, NULL, &stat), ZOK);
  CHECK(zoo_remove_watches(zk, "/w", ZWATCHTYPE_DATA, watch, NULL, 0), ZOK);
  CHECK(zoo_remove_watches(zk, "/w", ZWATCHTYPE_CHILD, watch, NULL, 0), ZNOWATCHER);
  CHECK(zoo_delete(zk, "/w", -1), ZOK);
}

static void transactions(zhandle_t *zk) {
  char one[64], two[64];
  struct Stat stat;
  zoo_op_t ops[4];
  zoo_op_result_t results[4];
  zoo_create_op_init(&ops[0], "/m", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, one, sizeof one);
  zoo_create_op_init(&ops[1], "/m/s", "1", 1, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, two, sizeof two);
  zoo_set_op_init(&ops[2], "/m", "2", 1, 0, &stat);
  zoo_check_op_init(&ops[3], "/m", 1);
  CHECK(zoo_multi(zk, 4, ops, results), ZOK);
  CHECK(strcmp(two, "/m/s0000000000"), 0);
  CHECK(stat.version, 1);
  zoo_delete_op_init(&ops[0], "/m/s0000000000", -1);
  zoo_check_op_init(&ops[1], "/m", 9);
  zoo_delete_op_init(&ops[2], "/m", -1);
  CHECK(zoo_multi(zk, 3, ops, results), ZBADVERSION);
  CHECK(results[0].err, ZOK);
  CHECK(results[1].err, ZBADVERSION);
  CHECK(results[2].err, ZRUNTIMEINCONSISTENCY);
  CHECK(zoo_exists(zk, "/m/s0000000000", 0, &stat), ZOK);
}

static void authenticated(int code, const void *context) {
  (void)context;
  pthread_mutex_lock(&lock);
  last_state = code == ZOK ? ZOO_CONNECTED_STATE : 1;
  pthread_cond_broadcast(&told);
  pthread_mutex_unlock(&lock);
}

static void acls(zhandle_t *zk, zhandle_t *stranger) {
  struct ACL_vector list;
  struct Stat stat;
  char data[16];
  int size = sizeof data;
  CHECK(zoo_create(zk, "/acl", "x", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0), ZINVALIDACL);
  last_state = 0;
  CHECK(zoo_add_auth(zk, "digest", "u:p", 3, authenticated, NULL), ZOK);
  await(connected);
  CHECK(zoo_create(zk, "/acl", "x", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0), ZOK);
  CHECK(zoo_get(stranger, "/acl", 0, data, &size, &stat), ZNOAUTH);
  CHECK(zoo_get_acl(zk, "/acl", &list, &stat), ZOK);
  CHECK(list.count, 1);
  CHECK(strcmp(list.data[0].id.id, "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ="), 0);
  deallocate_ACL_vector(&list);
  CHECK(zoo_set_acl(zk, "/acl", 0, &ZOO_READ_ACL_UNSAFE), ZOK);
  size = sizeof data;
  CHECK(zoo_get(stranger, "/acl", 0, data, &size, &stat), ZOK);
  CHECK(zoo_set(stranger, "/acl", "y", 1, -1), ZNOAUTH);
}

/* A process ends without closing its session; this one takes it over, ephemeral and all. */
static void reattach(const char *hosts) {
  struct Stat stat;
  clientid_t id;
  int ends[2];
  CHECK(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    zhandle_t *first = open_session(hosts, NULL);
    CHECK(zoo_create(first, "/mine", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, NULL, 0), ZOK);
    id = *zoo_client_id(first);
    _exit(write(ends[1], &id, sizeof id) == sizeof id ? 0 : 1);
  }
  CHECK(read(ends[0], &id, sizeof id) == sizeof id, 1);
  CHECK(waitpid(child, NULL, 0) == child, 1);
  zhandle_t *second = open_session(hosts, &id);
  CHECK(zoo_client_id(second)->client_id == id.client_id, 1);
  CHECK(zoo_exists(second, "/mine", 0, &stat), ZOK);
  CHECK(stat.ephemeralOwner == id.client_id, 1);
  CHECK(zookeeper_close(second), ZOK);
  zhandle_t *third = open_session(hosts, NULL);
  CHECK(zoo_exists(third, "/mine", 0, &stat), ZNONODE);
  zookeeper_close(third);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  reattach(arguments[1]); /* First: it forks, so no thread may run yet. */
  zhandle_t *one = open_session(arguments[1], NULL), *two = open_session(arguments[1], NULL);
  nodes(one);
  watches(one);
  transactions(one);
  acls(one, two);
  CHECK(zookeeper_close(one), ZOK);
  CHECK(zookeeper_close(two), ZOK);
  puts("ok");
  return 0;
}
