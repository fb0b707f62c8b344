/* SPDX-License-Identifier: Apache-2.0 */
/* What people who know tcpdump, journalctl, kubectl and perf type first. */
#pragma once

/* The command that does what @word, where a command belongs, does elsewhere; NULL: none is known.
 */
const char *habit_command(const char *word);

/* What the option @word of theirs, which the command does not know, is called here; NULL: none is
 * known. @next: what stands behind it, or NULL. */
const char *habit_option(const char *word, const char *next);

/* What is said to a @word that stands where they have filters; NULL: nothing is known of it. */
const char *habit_word(const char *word);

/* Likewise of -o. */
const char *habit_output(const char *word);
