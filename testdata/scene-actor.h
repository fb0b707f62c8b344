/* SPDX-License-Identifier: Apache-2.0 */
/* What all actors do. */
#pragma once

#include "testdata/scene.h"

#define PAGE 4096
#define CHUNK (1024 * 1024)

void actor_set_comm(const char *comm);
/* Lowering needs CAP_SYS_RESOURCE. The actor notes what it got. */
void actor_set_adj(struct actor *actor, int adj);
/* Touches @bytes of private memory, page by page. The kill comes in here. */
void actor_eat(struct actor *actor, uint64_t bytes);
_Noreturn void actor_sleep(void); /* until it is killed */
/* In the actor, before it acts. */
int actor_enter(struct scene *scene, struct actor *actor);
struct actor *actor_add(struct scene *scene, const char *suffix, bool victim);
/* With CLONE_* @flags if any. libc's own fork() otherwise: it keeps threads working. */
int actor_start(struct scene *scene, struct actor *actor, actor_fn fn, unsigned long flags);
int actor_await(struct scene *scene, const struct actor *actor); /* until it is ready */
int actor_await_go(struct scene *scene);
