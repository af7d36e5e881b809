/* libchelper, the part about attaching to a running image (jcmd): AttachHelper's functions are not implemented. An image links
   to them when it is built with --enable-monitoring=jcmd, and ends here when somebody attaches. */
#include "../unimplemented.h"

UNIMPLEMENTED(svm_attach_startup)
UNIMPLEMENTED(svm_attach_listener_cleanup)
UNIMPLEMENTED(svm_attach_check_socket_file)
UNIMPLEMENTED(svm_attach_is_init_trigger)
UNIMPLEMENTED(svm_attach_create_listener)
UNIMPLEMENTED(svm_attach_wait_for_request)
UNIMPLEMENTED(svm_attach_shutdown_socket)
