#include <wisp/net.h>

#define WAIT_MS 1000 /* between two looks; nothing hangs on it */

wisp_status wisp_net_perform(const wisp_net *net, const wisp_net_request *request,
                             wisp_error *err)
{
    void *transfer;
    wisp_status status = net->start(net->user, request, &transfer, err);
    if (status != WISP_OK)
        return status;
    do
        status = net->step(net->user, transfer, WAIT_MS, err);
    while (status == WISP_BUSY);
    net->end(net->user, transfer);
    return status;
}
