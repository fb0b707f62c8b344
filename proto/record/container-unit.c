/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/container-unit.h"

#include "proto/base/util.h"
#include "proto/record/container-shape.h"
#include "proto/record/name-slice.h"

/* What systemd takes for a unit's name (unit_name_is_valid); it escapes all else. */
static bool is_unit_char(char c)
{
	return is_digit_or_lower(c) || (c >= 'A' && c <= 'Z') || (c && strchr(":-_.\\@", c));
}

bool unit_has_suffix(struct container_name element, struct container_name suffix)
{
	struct container_name stem = element;

	return element.size < 256 && name_cut_end(&stem, suffix) && stem.size &&
	       name_all(stem, is_unit_char);
}

bool unit_is_unit(struct container_name element)
{
	static const struct container_name suffixes[] = {
		SPAN(".service"), SPAN(".scope"), SPAN(".mount"), SPAN(".socket"), SPAN(".swap"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (unit_has_suffix(element, suffixes[i]))
			return true;
	return false;
}

/* systemd puts _ in front of a name that could be mistaken for a file of the kernel's */
struct container_name unit_unescape(struct container_name element)
{
	(void)name_cut_start(&element, SPAN("_"));
	return element;
}

/* user@1000.service; the instance of any other is no uid. */
bool unit_is_user_manager(struct container_name element, uint32_t *ret_uid)
{
	struct container_name s = element;
	uint64_t uid = 0;

	if (!name_cut_start(&s, SPAN("user@")) || !name_cut_end(&s, SPAN(".service")) ||
	    !container_is_digits(s) || s.size > 10)
		return false;
	for (size_t i = 0; i < s.size; i++)
		uid = uid * 10 + (uint64_t)(s.p[i] - '0');
	if (uid >= UINT32_MAX)
		return false;
	*ret_uid = (uint32_t)uid;
	return true;
}

/* A manager for an application rather than for a user, since systemd 256. */
bool unit_is_capsule(struct container_name element)
{
	return name_cut_start(&element, SPAN("capsule@")) &&
	       name_cut_end(&element, SPAN(".service"));
}

/* kubepods-burstable-pod<uid>.slice, also with the kubelet's --cgroup-root in front. */
bool unit_is_kubepods(struct container_name element, struct container_name *ret_uid)
{
	static const struct container_name kubepods = SPAN("kubepods");
	struct container_name s = element;

	*ret_uid = (struct container_name){};
	if (!name_cut_end(&s, SPAN(".slice")))
		return false;
	while (s.size >= kubepods.size) {
		if ((s.p == element.p || s.p[-1] == '-') && name_cut_start(&s, kubepods)) {
			if (!name_cut_start(&s, SPAN("-besteffort")))
				(void)name_cut_start(&s, SPAN("-burstable"));
			if (name_cut_start(&s, SPAN("-pod")))
				*ret_uid = s;
			return !s.size || ret_uid->size;
		}
		s.p++;
		s.size--;
	}
	return false;
}
