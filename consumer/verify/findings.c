/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/findings.h"

#include <stdarg.h>

void findings_add(struct findings *findings, const char *format, ...)
{
	va_list args;

	if (findings->n++ >= FINDINGS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(findings->texts[findings->n - 1], FINDING_SIZE, format, args);
	va_end(args);
	findings->times[findings->n - 1] = (struct finding_time){0};
}

void findings_when(struct findings *findings, uint64_t from, uint64_t until)
{
	if (findings->n && findings->n <= FINDINGS_MAX)
		findings->times[findings->n - 1] = (struct finding_time){from, until};
}
