/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: post-bodies URL COUNT SIZE
 *
 * For benchmarks: libcurl alone, posting a body that is there already COUNT times. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	CURL *easy = curl_easy_init();
	CURLcode code = CURLE_OK;
	unsigned long count;
	long size, status = 200;
	char *body;

	if (argc != 4 || !easy)
		return 2;
	count = strtoul(argv[2], NULL, 10);
	size = strtol(argv[3], NULL, 10);
	body = malloc((size_t)size);
	if (!body)
		return 1;
	memset(body, 'x', (size_t)size);
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
