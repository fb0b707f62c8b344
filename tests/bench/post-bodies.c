/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: post-bodies URL COUNT SIZE [FILE]
 *
 * For benchmarks: libcurl alone, posting a body that is there already COUNT times: of SIZE bytes,
 * and what is in FILE, compressed by gzip. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_body(const char *path, char *body, size_t size)
{
	FILE *file = fopen(path, "re");
	bool whole = file && fread(body, 1, size, file) == size;

	if (file)
		(void)fclose(file);
	return whole;
}

int main(int argc, char **argv)
{
	struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, "Expect:"),
						       "Content-Type: application/x-protobuf");
	CURL *easy = curl_easy_init();
	CURLcode code = CURLE_OK;
	unsigned long count;
	long size, status = 200;
	char *body;

	if (argc < 4 || argc > 5 || !easy)
		return 2;
	count = strtoul(argv[2], NULL, 10);
	size = strtol(argv[3], NULL, 10);
	body = malloc((size_t)size);
	if (!body)
		return 1;
	memset(body, 'x', (size_t)size);
	if (argc == 5 && !read_body(argv[4], body, (size_t)size))
		return 1;
	if (argc == 5)
		headers = curl_slist_append(headers, "Content-Encoding: gzip");
	(void)curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, size);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	for (; count && code == CURLE_OK && status == 200; count--) {
		code = curl_easy_perform(easy);
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	}
	if (code != CURLE_OK || status != 200)
		(void)fprintf(stderr, "post-bodies: %s, %ld\n", curl_easy_strerror(code), status);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	free(body);
	return count != 0;
}
