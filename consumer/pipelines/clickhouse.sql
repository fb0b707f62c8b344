-- SPDX-License-Identifier: Apache-2.0
-- ClickHouse: a recording, read with the definition that is installed beside this file. Absent fields come as
-- defaults: `kind` is told by which of the bodies has something in it. Run by ./dev test pipelines.
--   cp /usr/local/share/ringside/ringside.proto . &&
--   ringside cat -o pb /var/log/ringside >events.pb && clickhouse local --queries-file clickhouse.sql
SET format_schema = 'ringside:Record';

CREATE TABLE records ENGINE = Memory AS
SELECT * FROM file('events.pb', 'Protobuf',
	'seq UInt64, time_unix_nano UInt64,
	 `oom_kill.victim.pid` UInt32, `oom_kill.victim.comm` String, `oom_kill.limit_bytes` UInt64,
	 `oom_kill.victim_container.namespace_name` String, `oom_kill.victim_container.pod_name` String,
	 `seccomp_denial.process.pid` UInt32, `seccomp_denial.process.comm` String,
	 `seccomp_denial.syscall_name` String, `seccomp_denial.error_name` String');

SELECT `seccomp_denial.process.comm` AS comm, `seccomp_denial.syscall_name` AS syscall, count() AS denials
FROM records WHERE `seccomp_denial.process.pid` != 0 GROUP BY ALL ORDER BY denials DESC LIMIT 20;

SELECT fromUnixTimestamp64Nano(toInt64(time_unix_nano)) AS at, `oom_kill.victim.comm` AS comm,
	`oom_kill.victim_container.pod_name` AS pod, formatReadableSize(`oom_kill.limit_bytes`) AS limit
FROM records WHERE `oom_kill.victim.pid` != 0 ORDER BY at;
