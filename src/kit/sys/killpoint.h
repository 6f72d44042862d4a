/* Named places where a test may kill the program: PORTCULLIS_KILL_AT=name:n raises SIGKILL at the nth passing of `name`.
 * Costs one comparison when the variable is not set. */
#ifndef KIT_SYS_KILLPOINT_H
#define KIT_SYS_KILLPOINT_H

#define KILL_POINT(name) kill_point_pass(name)
void kill_point_pass(const char *name); /* any thread */

#endif
