/* worker.h: `im_service media-worker`, which a server starts for itself. */
#ifndef IM_MEDIA_WORKER_H
#define IM_MEDIA_WORKER_H

/* argv[1]: the memory it may take, in bytes. argv[2]: the largest file it may write. Serves requests on CHILD_FD until
 * that closes. The exit status. */
int worker_main(int argc, char **argv);

#endif
