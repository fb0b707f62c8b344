/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/json.h"

void json_string(FILE *f, const char *text)
{
	(void)fputc('"', f);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			(void)fprintf(f, "\\%c", *p);
		else if (*p < 0x20)
			(void)fprintf(f, "\\u%04x", *p);
		else
			(void)fputc(*p, f);
	}
	(void)fputc('"', f);
}

void json_bool(FILE *f, int value)
{
	(void)fputs(value < 0 ? "null" : value ? "true" : "false", f);
}
