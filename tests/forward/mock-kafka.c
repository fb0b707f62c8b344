/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: mock-kafka BROKERS TOPIC
 *
 * librdkafka's mock of a cluster, on loopback: no broker of Kafka is to be had for tests. Says
 * where it listens, and does what it is told on standard input, a line each, saying "ok" behind
 * each: down N, up N       a broker goes away, and comes back rtt N MS           it answers so late
 *   errors CODE...     the next Produce requests are answered so
 *   dump               all that the topic holds, a line for each message: key, headers, bytes in
 * hex */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCE 0 /* ApiKey */
#define ERRORS_MAX 4096
#define PARTITIONS 4
#define TIMEOUT_MS 10000

struct mock {
	rd_kafka_t *handle;
	rd_kafka_mock_cluster_t *cluster;
	const char *topic;
};

static rd_kafka_t *make_handle(rd_kafka_type_t type, const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];
	rd_kafka_t *handle;

	if (brokers)
		(void)rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
	(void)rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	if (type == RD_KAFKA_CONSUMER) {
		(void)rd_kafka_conf_set(conf, "group.id", "dump", why, sizeof(why));
		(void)rd_kafka_conf_set(conf, "enable.auto.commit", "false", why, sizeof(why));
		(void)rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof(why));
	}
	handle = rd_kafka_new(type, conf, why, sizeof(why));
	if (!handle)
		exit(1);
	return handle;
}

static void print_message(const rd_kafka_message_t *message)
{
	const uint8_t *bytes = message->payload;
	rd_kafka_headers_t *headers = NULL;
	const void *value;
	const char *name;
	size_t size;

	printf("%.*s", (int)message->key_len, (const char *)message->key);
	(void)rd_kafka_message_headers(message, &headers);
	for (size_t i = 0; headers && !rd_kafka_header_get_all(headers, i, &name, &value, &size);
	     i++)
		printf("\t%s=%.*s", name, (int)size, (const char *)value);
	printf("\t");
	for (size_t i = 0; i < message->len; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void dump(const struct mock *mock)
{
	rd_kafka_t *consumer =
		make_handle(RD_KAFKA_CONSUMER, rd_kafka_mock_cluster_bootstraps(mock->cluster));
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
	unsigned ended = 0;

	for (int i = 0; i < PARTITIONS; i++)
		rd_kafka_topic_partition_list_add(all, mock->topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	(void)rd_kafka_assign(consumer, all);
	while (ended < PARTITIONS) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, TIMEOUT_MS);

		if (!message)
			exit(1);
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			ended++;
		else if (!message->err)
			print_message(message);
		rd_kafka_message_destroy(message);
	}
	rd_kafka_topic_partition_list_destroy(all);
	(void)rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

static void push_errors(const struct mock *mock, char *text)
{
	rd_kafka_resp_err_t errors[ERRORS_MAX];
	size_t n = 0;

	for (char *end; n < ERRORS_MAX; text = end) {
		long code = strtol(text, &end, 10);

		if (end == text)
			break;
		errors[n++] = (rd_kafka_resp_err_t)code;
	}
	rd_kafka_mock_push_request_errors_array(mock->cluster, PRODUCE, n, errors);
}

static void obey(const struct mock *mock, char *line)
{
	int broker, ms;

	if (sscanf(line, "down %d", &broker) == 1)
		(void)rd_kafka_mock_broker_set_down(mock->cluster, broker);
	else if (sscanf(line, "up %d", &broker) == 1)
		(void)rd_kafka_mock_broker_set_up(mock->cluster, broker);
	else if (sscanf(line, "rtt %d %d", &broker, &ms) == 2)
		(void)rd_kafka_mock_broker_set_rtt(mock->cluster, broker, ms);
	else if (!strncmp(line, "errors", 6))
		push_errors(mock, line + 6);
	else if (!strncmp(line, "dump", 4))
		dump(mock);
	else
		exit(2);
}

int main(int argc, char **argv)
{
	static char line[65536];
	struct mock mock = {.topic = argc > 2 ? argv[2] : ""};

	if (argc != 3)
		return 2;
	mock.handle = make_handle(RD_KAFKA_PRODUCER, NULL);
	mock.cluster = rd_kafka_mock_cluster_new(mock.handle, atoi(argv[1]));
	if (!mock.cluster || rd_kafka_mock_topic_create(mock.cluster, mock.topic, PARTITIONS, 1))
		return 1;
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(mock.cluster));
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		obey(&mock, line);
		printf("ok\n");
		(void)fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(mock.cluster);
	rd_kafka_destroy(mock.handle);
	return 0;
}
