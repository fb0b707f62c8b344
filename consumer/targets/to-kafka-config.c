/* SPDX-License-Identifier: Apache-2.0 */
/* What the producer is told. --set takes librdkafka's own names, for what a cluster asks of its
 * clients (security.protocol, sasl.*, ssl.*) and what is to be tuned; what the promise rests on is
 * not to be had, and secrets come from files. */
#include <inttypes.h>

#include "consumer/base/text-line.h"
#include "consumer/forward/secret-file.h"
#include "consumer/targets/to-kafka-internal.h"

#define VALUE_MAX 65536 /* a certificate with its chain */
#define NAME_MAX_SIZE 128
#define FILE_SUFFIX ".file"

static int refuse_url(char problem[TARGET_PROBLEM])
{
	return refuse(problem, TARGET_PROBLEM, -EINVAL,
		      "say kafka://BROKER[:PORT][,BROKER...]/TOPIC, with a topic of letters, "
		      "digits, '.', '_' and '-'");
}

int kafka_url(struct target *target, char problem[TARGET_PROBLEM])
{
	const char *rest = target->options.rest, *slash;

	if (strncmp(rest, "//", 2))
		return refuse_url(problem);
	rest += 2;
	slash = strchr(rest, '/');
	if (!slash || slash == rest || (size_t)(slash - rest) >= sizeof(target->brokers) ||
	    !slash[1] || strlen(slash + 1) > KAFKA_TOPIC_MAX ||
	    slash[1 + strspn(slash + 1, LINE_UNIT_CHARS "-")] || strchr(slash, ':'))
		return refuse_url(problem);
	(void)snprintf(target->brokers, sizeof(target->brokers), "%.*s", (int)(slash - rest), rest);
	(void)snprintf(target->topic, sizeof(target->topic), "%s", slash + 1);
	return 0;
}

static bool is_of(const char *const *names, const char *name, size_t size)
{
	for (; *names; names++)
		if (strlen(*names) == size && !strncmp(*names, name, size))
			return true;
	return false;
}

/* That each record is stored, in order, and once as far as Kafka can do that; and that what is on
 * its way is bounded. Libraries that a setting names would be loaded. */
static bool is_fixed(const char *name, size_t size)
{
	static const char *const names[] = {
		"acks",
		"bootstrap.servers",
		"builtin.features",
		"debug",
		"dr_cb",
		"enable.gapless.guarantee",
		"enable.idempotence",
		"metadata.broker.list",
		"plugin.library.paths",
		"queue.buffering.max.kbytes",
		"queue.buffering.max.messages",
		"request.required.acks",
		"ssl.engine.location",
		"ssl.providers",
		"transactional.id",
		NULL,
	};

	return is_of(names, name, size);
}

static bool is_secret(const char *name, size_t size)
{
	static const char *const names[] = {
		"sasl.oauthbearer.client.secret",
		"sasl.oauthbearer.config",
		"sasl.password",
		"ssl.key.password",
		"ssl.key.pem",
		"ssl.keystore.password",
		"ssl_key",
		NULL,
	};

	return is_of(names, name, size);
}

static int set_one(rd_kafka_conf_t *conf, const char *name, const char *value,
		   char problem[TARGET_PROBLEM])
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return refuse(problem, TARGET_PROBLEM, -EINVAL, "kafka: --set %.100s: %s", name, why);
}

/* librdkafka quotes a value that does not fit: what is in a file may be a secret, whatever it was
 * meant for. */
static int set_from_file(rd_kafka_conf_t *conf, struct target *target, const char *name,
			 const char *path, char problem[TARGET_PROBLEM])
{
	static _Thread_local char value[VALUE_MAX];
	char safe[LINE_FILE];
	rd_kafka_conf_res_t answer;
	int r = secret_file_read(path, value, sizeof(value), target->options.stop);

	if (r)
		return refuse(problem, TARGET_PROBLEM, r,
			      "kafka: --set %.100s" FILE_SUFFIX ": %.200s: %s", name,
			      line_file(path, safe), secret_file_problem(r));
	answer = rd_kafka_conf_set(conf, name, value, NULL, 0);
	/* of several lines it is a key or a certificate, which nobody is sent */
	r = strchr(value, '\n') ? 0 : secrets_add(&target->secrets, value);
	explicit_bzero(value, sizeof(value));
	if (r)
		return refuse(problem, TARGET_PROBLEM, r, "%s", strerror(-r));
	if (answer == RD_KAFKA_CONF_UNKNOWN)
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "kafka: --set %.100s" FILE_SUFFIX
			      ": librdkafka has no property %.100s",
			      name, name);
	if (answer != RD_KAFKA_CONF_OK)
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "kafka: --set %.100s" FILE_SUFFIX
			      ": what is in %.200s is no value of it",
			      name, line_file(path, safe));
	return 0;
}

static void warn_of_open(const struct target *target, const char *path)
{
	char doubt[SECRET_FILE_DOUBT];

	if (target->options.say && secret_file_is_open(path, doubt))
		target->options.say(target->options.data, doubt);
}

static bool is_key_file(const char *name, size_t size)
{
	static const char *const names[] = {"ssl.key.location", "ssl.keystore.location",
					    "sasl.kerberos.keytab", NULL};

	return is_of(names, name, size);
}

/* That librdkafka opens itself. */
static bool names_file(const char *name, size_t size)
{
	static const char suffix[] = ".location";
	const size_t n = sizeof(suffix) - 1;

	return is_key_file(name, size) || (size > n && !strcmp(name + size - n, suffix));
}

static int take_setting(rd_kafka_conf_t *conf, struct target *target, const char *setting,
			char problem[TARGET_PROBLEM])
{
	const size_t size = strcspn(setting, "="), suffix = strlen(FILE_SUFFIX);
	char name[NAME_MAX_SIZE];

	if (!setting[size] || size >= sizeof(name))
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "kafka: --set takes NAME=VALUE");
	(void)snprintf(name, sizeof(name), "%.*s", (int)size, setting);
	if (is_fixed(name, size))
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "kafka: --set %s: it is not to be set: that nothing is lost depends "
			      "on it, or --to and --memory say it",
			      name);
	if (is_secret(name, size))
		return refuse(
			problem, TARGET_PROBLEM, -EINVAL,
			"kafka: --set %s: a secret in a command line is seen by everybody who "
			"lists processes: put it in a file, and say --set %s.file=PATH",
			name, name);
	if (is_key_file(name, size))
		warn_of_open(target, setting + size + 1);
	if (names_file(name, size) && secret_file_may_block(setting + size + 1))
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "kafka: --set %s: %s", name,
			      SECRET_FILE_BLOCKS);
	if (size <= suffix || strcmp(name + size - suffix, FILE_SUFFIX))
		return set_one(conf, name, setting + size + 1, problem);
	name[size - suffix] = '\0';
	if (is_fixed(name, size - suffix))
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "kafka: --set %s: it is not to be set", name);
	if (is_secret(name, size - suffix))
		warn_of_open(target, setting + size + 1);
	return set_from_file(conf, target, name, setting + size + 1, problem);
}

/* Messages wait for as long as it takes: what has timed out may be stored nevertheless. */
static int set_ours(rd_kafka_conf_t *conf, const struct target *target,
		    char problem[TARGET_PROBLEM])
{
	static const char *const settings[][2] = {
		{"client.id", "ringside"},
		{"compression.codec", "lz4"},
		{"linger.ms", "20"},
		{"message.timeout.ms", "0"},
		{"batch.size", "131072"},
		{"log_level", "2"},
		{"log.queue", "true"},
		{"log.connection.close", "false"},
		{"enable.idempotence", "true"},
		{"acks", "all"},
		{"statistics.interval.ms", "0"},
	};
	char kbytes[24];
	int r = set_one(conf, "bootstrap.servers", target->brokers, problem);

	for (size_t i = 0; !r && i < ARRAY_SIZE(settings); i++)
		r = set_one(conf, settings[i][0], settings[i][1], problem);
	(void)snprintf(kbytes, sizeof(kbytes), "%" PRIu64,
		       min_u64(max_u64(target->options.memory / 1024, 1), 2097151));
	return r ? r : set_one(conf, "queue.buffering.max.kbytes", kbytes, problem);
}

int kafka_conf(rd_kafka_conf_t **ret, struct target *target, char problem[TARGET_PROBLEM])
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *const *set = target->options.set;
	int r = set_ours(conf, target, problem);

	secrets_free(&target->secrets); /* of the producer before this one */
	for (; !r && set && *set; set++)
		r = take_setting(conf, target, *set, problem);
	if (r)
		rd_kafka_conf_destroy(conf);
	else
		*ret = conf;
	return r;
}
