/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka, with the asserts our tests need. Test functions are named as sentences. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define assert_ok(expr) assert_int_equal((expr), 0)
