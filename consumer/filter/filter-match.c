/* SPDX-License-Identifier: Apache-2.0 */
/* One value of a filter against one event. What the event's fields are is found through
 * protobuf-c's descriptors (body.h): a new kind of event needs no edit here. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter-internal.h"
#include "consumer/kinds/sentence.h"
#include "consumer/read/body.h"

bool filter_match_container(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Container *c = view->container;

	return c &&
	       (filter_glob(value->text, c->container_name) || filter_glob(value->text, c->id) ||
		filter_cuts_id(c->id, value->text) || filter_words(value->text, c));
}

bool filter_match_pod(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Container *c = view->container;

	return c &&
	       (filter_glob(value->text, c->pod_name) ||
		(c->pod_uid && *c->pod_uid && strcasecmp(value->text, c->pod_uid) == 0) ||
		filter_starts_id(c->podman_pod_id, value->text) ||
		filter_starts_id(c->ecs_task_id, value->text) || filter_pod_words(value->text, c));
}

bool filter_match_namespace(const struct filter_value *value, const struct filter_view *view)
{
	return view->container && filter_glob(value->text, view->container->namespace_name);
}

bool filter_match_unit(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Container *c = view->container;

	return c && (filter_glob(value->text, c->systemd_unit) ||
		     filter_glob(value->text, c->systemd_slice) ||
		     (c->systemd_unit && strchr(value->text, '/') && filter_words(value->text, c)));
}

bool filter_match_user_unit(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Container *c = view->container;

	return c && (filter_glob(value->text, c->systemd_user_unit) ||
		     filter_glob(value->text, c->systemd_user_slice));
}

bool filter_match_slice(const struct filter_value *value, const struct filter_view *view)
{
	return view->container && filter_glob(value->text, view->container->systemd_slice);
}

bool filter_match_pod_uid(const struct filter_value *value, const struct filter_view *view)
{
	const char *uid = view->container ? view->container->pod_uid : NULL;

	return filter_glob(value->text, uid) || (uid && strcasecmp(value->text, uid) == 0);
}

bool filter_match_id(const struct filter_value *value, const struct filter_view *view)
{
	const char *id = view->container ? view->container->id : NULL;

	return filter_glob(value->text, id) || filter_cuts_id(id, value->text);
}

bool filter_match_runtime(const struct filter_value *value, const struct filter_view *view)
{
	return view->container && filter_glob(value->text, view->container->runtime);
}

/* A path without * ? [ also stands for all that is below it. The first slash is not needed. */
bool filter_match_cgroup(const struct filter_value *value, const struct filter_view *view)
{
	const char *path = view->container ? view->container->cgroup_path : NULL;
	const char *text = value->text;
	size_t size;

	if (!path)
		return false;
	path += *path == '/';
	text += *text == '/';
	if (filter_has_glob(text))
		return filter_glob(text, path);
	size = strlen(text);
	while (size && text[size - 1] == '/')
		size--;
	return strncmp(path, text, size) == 0 && (!size || !path[size] || path[size] == '/');
}

bool filter_match_comm(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Process *p = view->process;

	return p && (filter_glob(value->text, p->comm) || filter_glob(value->text, p->leader_comm));
}

bool filter_match_pid(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Process *p = view->process;

	return p &&
	       ((p->has_pid && p->pid == value->number) || (p->has_tid && p->tid == value->number));
}

bool filter_match_uid(const struct filter_value *value, const struct filter_view *view)
{
	const Ringside__V1__Process *p = view->process;

	return p && p->has_uid && p->uid == value->number;
}

bool filter_match_syscall(const struct filter_value *value, const struct filter_view *view)
{
	int64_t number;

	if (value->number >= 0)
		return body_number(view->body, "syscall_number", &number, NULL) &&
		       number == value->number;
	return filter_glob(value->text, body_string(view->body, "syscall_name"));
}

bool filter_match_action(const struct filter_value *value, const struct filter_view *view)
{
	const ProtobufCFieldDescriptor *field;
	const ProtobufCEnumValue *name;
	int64_t number;

	if (!body_number(view->body, "action", &number, &field) ||
	    field->type != PROTOBUF_C_TYPE_ENUM)
		return false;
	name = protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number);
	return name && filter_is_action(name->name, value->text, strlen(value->text));
}

bool filter_match_errno(const struct filter_value *value, const struct filter_view *view)
{
	const char *name = body_string(view->body, "error_name");
	int64_t number;

	/* numbers differ between architectures, names do not */
	if (name && *name && !isdigit((unsigned char)*value->text) &&
	    strcasecmp(name, value->text) == 0)
		return true;
	return body_number(view->body, "error_number", &number, NULL) && number == value->number;
}

bool filter_match_arch(const struct filter_value *value, const struct filter_view *view)
{
	return filter_glob(value->text, body_string(view->body, "arch_name"));
}

bool filter_match_signal(const struct filter_value *value, const struct filter_view *view)
{
	const char *name = body_string(view->body, "signal_name");
	int64_t number;

	/* as errors */
	if (text_equal(name, value->text))
		return true;
	return body_number(view->body, "signal", &number, NULL) && number == value->number;
}

const char *filter_severity(const struct filter_view *view)
{
	return view->record ? text_severity(view->record) : text_severity_full;
}

bool filter_match_severity(const struct filter_value *value, const struct filter_view *view)
{
	return !strcmp(value->text, filter_severity(view));
}
