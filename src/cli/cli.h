/* cli.h: the verbs of the command line. */
#ifndef IM_CLI_CLI_H
#define IM_CLI_CLI_H

/* Exit status: 0, 1 when what was asked failed, 2 when it was asked wrongly. */
int cli_main(int argc, char **argv);

#endif
