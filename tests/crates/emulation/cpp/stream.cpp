// Streams, events and graphs. Work runs as late as it may: when something waits for it.
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include "driver.h"

namespace emulation {

namespace {

struct Stream;
/// A place in a stream's work.
struct Mark {
    bool done;
    double time;
    Stream* stream;
};
struct Node {
    std::shared_ptr<Launch> launch;
    Work work;
};
struct Graph {
    std::vector<std::unique_ptr<Node>> nodes;
};
struct Capture {
    Graph* graph;
    Stream* origin;
    std::vector<Stream*> joined;
    int mode;
    std::thread::id thread;
    bool spoiled;
    u64 id;
};
struct Stream {
    std::deque<Work> work;
    bool blocking;
    Capture* capture;
    /// Captured work that the capture's own stream does not wait for yet.
    u64 captured, waited;
};
struct Event {
    std::shared_ptr<Mark> mark;
    Capture* capture;
    Stream* stream;
    u64 captured;
};
/// A graph's nodes; a launch takes those of its time.
struct Executable {
    std::vector<Node> nodes;
    std::map<Node*, u64> numbers;
};
struct KernelNode {
    const Kernel* function;
    u32 grid[3], block[3], shared;
    void** parameters;
    void** extra;
    void *kernel, *context;
};

/// Work beyond which a stream begins to run: the memory of what waits is bounded.
constexpr u64 MOST_WORK = 65536;

std::set<Stream*> streams;
std::set<Event*> events;
std::set<Graph*> graphs;
std::set<Executable*> executables;
std::set<Capture*> captures;
u64 captured_ever;
thread_local i64 alive;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void run_first(Stream& stream) {
    Work work = std::move(stream.work.front());
    stream.work.pop_front();
    if (!failed()) work();
}
void drain(Stream& stream) {
    while (!stream.work.empty()) run_first(stream);
}
void reach(Mark& mark) {
    while (!mark.done && !mark.stream->work.empty()) run_first(*mark.stream);
}
bool is_default(void* stream) { return stream == nullptr || stream == (void*)1; }
Result spoil(Capture* capture, Result code, const char* call) {
    capture->spoiled = true;
    return refuse(code, std::string(call) + " while a stream is captured");
}
Result find(void* handle, Stream** stream, const char* call) {
    *stream = (Stream*)handle;
    return streams.count(*stream) ? SUCCESS : refuse(INVALID_HANDLE, std::string(call) + ": not a stream of `cuStreamCreate`");
}
Result add(void* handle, Node node) {
    if (is_default(handle)) {
        for (Capture* c : captures)
            if (c->origin->blocking) return spoil(c, CAPTURE_IMPLICIT, "work in the default stream");
        for (Stream* s : streams)
            if (s->blocking) drain(*s);
        if (!failed()) node.work();
        return failed();
    }
    Stream* stream;
    if (Result r = find(handle, &stream, "work")) return r;
    if (stream->capture) {
        if (stream->capture->spoiled) return CAPTURE_INVALIDATED;
        stream->capture->graph->nodes.push_back(std::make_unique<Node>(std::move(node)));
        stream->captured++;
        return SUCCESS;
    }
    stream->work.push_back(std::move(node.work));
    if (stream->work.size() > MOST_WORK) drain(*stream);
    return SUCCESS;
}
Node node_of(std::shared_ptr<Launch> launch) {
    return {launch, [launch] { launch->run(); }};
}
void end(Capture* capture) {
    for (Stream* s : streams)
        if (s->capture == capture) s->capture = nullptr;
    for (Event* e : events)
        if (e->capture == capture) e->capture = nullptr;
    captures.erase(capture);
    delete capture;
}

}  // namespace

Result enqueue(void* stream, Work work) { return add(stream, {nullptr, std::move(work)}); }
Result enqueue(void* stream, std::shared_ptr<Launch> launch) { return add(stream, node_of(std::move(launch))); }
void drain_all() {
    for (Stream* s : streams) drain(*s);
}
Result not_captured(bool always, const char* call) {
    for (Capture* c : captures)
        if (always || c->mode == 0 || (c->mode == 1 && c->thread == std::this_thread::get_id())) return spoil(c, CAPTURE_UNSUPPORTED, call);
    return SUCCESS;
}
void forget_streams() {
    for (Stream* s : streams) s->work.clear();
    while (!captures.empty()) {
        Capture* c = *captures.begin();
        delete c->graph;
        end(c);
    }
}

#define BEGIN \
    Lock lock; \
    if (Result r = ready()) return r;
#define STREAM(name) \
    Stream* name; \
    if (Result r = find(handle, &name, __func__)) return r;
#define EVENT(name) \
    Event* name = (Event*)event_handle; \
    if (!events.count(name)) return refuse(INVALID_HANDLE, std::string(__func__) + ": not an event");

DL_API Result cuStreamCreate(void** to, u32 flags) {
    BEGIN
    *to = *streams.insert(new Stream{{}, flags == 0, nullptr, 0, 0}).first;
    return SUCCESS;
}
DL_API Result cuStreamCreateWithPriority(void** to, u32 flags, int) { return cuStreamCreate(to, flags); }
DL_API Result cuStreamDestroy_v2(void* handle) {
    Lock lock;
    STREAM(stream)
    drain(*stream);
    if (stream->capture) end(stream->capture);
    for (Event* e : events)
        if (e->stream == stream) e->stream = nullptr;
    streams.erase(stream);
    delete stream;
    return failed();
}
DL_API Result cuStreamSynchronize(void* handle) {
    BEGIN
    if (is_default(handle)) {
        for (Stream* s : streams)
            if (s->blocking) drain(*s);
        return failed();
    }
    STREAM(stream)
    if (stream->capture) return spoil(stream->capture, CAPTURE_UNSUPPORTED, __func__);
    drain(*stream);
    return failed();
}
DL_API Result cuStreamQuery(void* handle) {
    BEGIN
    STREAM(stream)
    if (stream->capture) return spoil(stream->capture, CAPTURE_UNSUPPORTED, __func__);
    if (stream->work.empty()) return SUCCESS;
    run_first(*stream);
    return failed() ? failed() : NOT_READY;
}
DL_API Result cuStreamWaitEvent(void* handle, void* event_handle, u32) {
    BEGIN
    EVENT(event)
    STREAM(stream)
    if (event->capture) {
        if (stream->capture && stream->capture != event->capture) return spoil(stream->capture, CAPTURE_ISOLATION, __func__);
        if (!stream->capture) {
            stream->capture = event->capture;
            stream->captured = stream->waited = 0;
        }
        if (event->stream && event->captured > event->stream->waited) event->stream->waited = event->captured;
        return SUCCESS;
    }
    if (!event->mark) return SUCCESS;
    if (stream->capture) return spoil(stream->capture, CAPTURE_ISOLATION, "waiting for an event from outside");
    auto mark = event->mark;
    stream->work.push_back([mark] { reach(*mark); });
    return SUCCESS;
}

DL_API Result cuEventCreate(void** to, u32) {
    BEGIN
    *to = *events.insert(new Event{}).first;
    return SUCCESS;
}
DL_API Result cuEventDestroy_v2(void* event_handle) {
    Lock lock;
    EVENT(event)
    events.erase(event);
    delete event;
    return SUCCESS;
}
DL_API Result cuEventRecord(void* event_handle, void* handle) {
    BEGIN
    EVENT(event)
    if (is_default(handle)) {
        event->capture = nullptr;
        event->mark = std::make_shared<Mark>(Mark{true, seconds(), nullptr});
        return SUCCESS;
    }
    STREAM(stream)
    event->stream = stream;
    event->capture = stream->capture;
    event->captured = stream->captured;
    if (stream->capture) return stream->capture->spoiled ? CAPTURE_INVALIDATED : SUCCESS;
    auto mark = event->mark = std::make_shared<Mark>(Mark{false, 0, stream});
    stream->work.push_back([mark] {
        mark->done = true;
        mark->time = seconds();
    });
    return SUCCESS;
}
DL_API Result cuEventSynchronize(void* event_handle) {
    BEGIN
    EVENT(event)
    if (event->capture) return spoil(event->capture, CAPTURED_EVENT, __func__);
    if (event->mark) reach(*event->mark);
    return failed();
}
DL_API Result cuEventQuery(void* event_handle) {
    BEGIN
    EVENT(event)
    if (event->capture) return spoil(event->capture, CAPTURED_EVENT, __func__);
    if (!event->mark || event->mark->done || event->mark->stream->work.empty()) return SUCCESS;
    run_first(*event->mark->stream);
    return failed() ? failed() : NOT_READY;
}
DL_API Result cuEventElapsedTime_v2(float* to, void* from_handle, void* event_handle) {
    BEGIN
    EVENT(event)
    Event* from = (Event*)from_handle;
    if (!events.count(from) || !from->mark || !event->mark) return INVALID_HANDLE;
    if (!from->mark->done || !event->mark->done) return NOT_READY;
    *to = (float)((event->mark->time - from->mark->time) * 1e3);
    return SUCCESS;
}
DL_API Result cuEventElapsedTime(float* to, void* from, void* event) { return cuEventElapsedTime_v2(to, from, event); }

DL_API Result cuStreamBeginCapture_v2(void* handle, int mode) {
    BEGIN
    STREAM(stream)
    if (stream->capture) return refuse(ILLEGAL_STATE, "the stream is captured already");
    stream->capture = *captures.insert(new Capture{new Graph, stream, {}, mode, std::this_thread::get_id(), false, ++captured_ever}).first;
    stream->captured = stream->waited = 0;
    return SUCCESS;
}
DL_API Result cuStreamEndCapture(void* handle, void** to) {
    BEGIN
    STREAM(stream)
    *to = nullptr;
    Capture* capture = stream->capture;
    if (!capture) return refuse(ILLEGAL_STATE, "the stream is not captured");
    if (capture->origin != stream) return spoil(capture, CAPTURE_UNMATCHED, "ending it in another stream");
    Result result = capture->spoiled ? CAPTURE_INVALIDATED : SUCCESS;
    for (Stream* s : streams)
        if (s != stream && s->capture == capture && s->captured > s->waited) result = refuse(CAPTURE_UNJOINED, "a captured stream was not waited for");
    if (result)
        delete capture->graph;
    else
        *to = *graphs.insert(capture->graph).first, alive++;
    end(capture);
    return result;
}
DL_API Result cuStreamIsCapturing(void* handle, int* to) {
    BEGIN
    *to = 0;
    if (is_default(handle)) return SUCCESS;
    STREAM(stream)
    *to = !stream->capture ? 0 : stream->capture->spoiled ? 2 : 1;
    return SUCCESS;
}
DL_API Result cuStreamGetCaptureInfo_v3(void* handle, int* status, u64* id, void** graph, void*** nodes, void** edges, size_t* count) {
    BEGIN
    STREAM(stream)
    static thread_local void* last[2];
    // Of edges that wait for all of the work before; those of programmatic launches do not.
    static thread_local u64 data[2];
    Capture* capture = stream->capture;
    *status = !capture ? 0 : capture->spoiled ? 2 : 1;
    if (!capture) return SUCCESS;
    bool any = !capture->graph->nodes.empty();
    u64 programmatic = ordered(Order::EDGE_DATA), reported = ordered(Order::CAPTURED_NODES);
    if (nodes && !edges && any && programmatic) return refuse(LOSSY_QUERY, std::string(__func__) + ": edges have data, and no room was given for them");
    last[0] = last[1] = any ? capture->graph->nodes.back().get() : nullptr;
    data[0] = data[1] = programmatic;
    if (id) *id = capture->id;
    if (graph) *graph = capture->graph;
    if (nodes) *nodes = last;
    if (edges) *edges = data;
    // A test may order another number, and that of none is written as the largest.
    if (count) *count = !reported ? any : reported == ~u64(0) ? 0 : reported;
    return SUCCESS;
}
DL_API Result cuStreamGetCaptureInfo_v2(void* handle, int* status, u64* id, void** graph, void*** nodes, size_t* count) {
    return cuStreamGetCaptureInfo_v3(handle, status, id, graph, nodes, nullptr, count);
}

DL_API Result cuGraphInstantiateWithFlags(void** to, void* handle, u64) {
    BEGIN
    Graph* graph = (Graph*)handle;
    if (!graphs.count(graph)) return refuse(INVALID_HANDLE, "not a graph");
    auto* executable = new Executable;
    for (auto& node : graph->nodes) {
        executable->numbers[node.get()] = executable->nodes.size();
        executable->nodes.push_back(*node);
    }
    *to = *executables.insert(executable).first;
    alive++;
    return SUCCESS;
}
DL_API Result cuGraphLaunch(void* handle, void* stream) {
    BEGIN
    auto* executable = (Executable*)handle;
    if (!executables.count(executable)) return refuse(INVALID_HANDLE, "not an instantiated graph");
    for (auto& node : executable->nodes)
        if (Result r = add(stream, node)) return r;
    return SUCCESS;
}
DL_API Result cuGraphUpload(void*, void*) { return SUCCESS; }
/// How many graphs and executable graphs this thread made and did not destroy.
DL_API i64 dl_emulation_graphs() { return alive; }
DL_API Result cuGraphDestroy(void* graph) {
    Lock lock;
    if (!graphs.erase((Graph*)graph)) return refuse(INVALID_HANDLE, "not a graph");
    delete (Graph*)graph;
    alive--;
    return SUCCESS;
}
DL_API Result cuGraphExecDestroy(void* executable) {
    Lock lock;
    if (!executables.erase((Executable*)executable)) return refuse(INVALID_HANDLE, "not an instantiated graph");
    delete (Executable*)executable;
    alive--;
    return SUCCESS;
}
DL_API Result cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
    BEGIN
    Graph* graph = (Graph*)handle;
    if (!graphs.count(graph)) return refuse(INVALID_HANDLE, "not a graph");
    for (size_t k = 0; nodes && k < *count; k++) nodes[k] = k < graph->nodes.size() ? graph->nodes[k].get() : nullptr;
    if (!nodes || *count > graph->nodes.size()) *count = graph->nodes.size();
    return SUCCESS;
}
DL_API Result cuGraphNodeGetType(void* node, int* to) {
    // Kernels are 0, functions of the host 3; copies count as these.
    *to = ((Node*)node)->launch ? 0 : 3;
    return SUCCESS;
}
DL_API Result cuGraphKernelNodeGetParams_v2(void* handle, KernelNode* to) {
    BEGIN
    auto launch = ((Node*)handle)->launch;
    if (!launch) return refuse(INVALID_VALUE, "not the node of a kernel");
    static thread_local std::vector<void*> parameters;
    parameters = launch->parameters();
    *to = {launch->kernel, {launch->grid.x, launch->grid.y, launch->grid.z}, {launch->size.x, launch->size.y, launch->size.z}, 0, parameters.data(), nullptr, nullptr, nullptr};
    return SUCCESS;
}
DL_API Result cuGraphExecKernelNodeSetParams_v2(void* handle, void* node, const KernelNode* from) {
    BEGIN
    auto* executable = (Executable*)handle;
    if (!executables.count(executable)) return refuse(INVALID_HANDLE, "not an instantiated graph");
    if (ordered(Order::REFUSED_UPDATES)) return refuse(EXEC_UPDATE_FAILURE, "an update that a test ordered to be refused");
    auto number = executable->numbers.find((Node*)node);
    if (number == executable->numbers.end()) return refuse(INVALID_VALUE, "not a node of the graph");
    auto launch = std::make_shared<Launch>();
    dim3 grid{from->grid[0], from->grid[1], from->grid[2]}, size{from->block[0], from->block[1], from->block[2]};
    if (Result r = Launch::make(from->function, grid, size, from->shared, from->parameters, launch.get())) return r;
    executable->nodes[number->second] = node_of(launch);
    return SUCCESS;
}

}  // namespace emulation
