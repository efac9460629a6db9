// NVRTC: accepts the kernel files that are compiled into the driver library, and no other text.
#include <cstdlib>
#include <cstring>
#include "driver.h"

namespace emulation {

namespace {
constexpr Result COMPILATION = 6, INVALID_PROGRAM = 4;
struct Program {
    std::string name, text, image, log;
    std::vector<std::string> headers, header_names;
};
Result give(const std::string& from, char* to) {
    memcpy(to, from.c_str(), from.size() + 1);
    return SUCCESS;
}
}  // namespace

DL_API Result nvrtcVersion(int* major, int* minor) {
    u64 version = setting("DL_EMULATION_NVRTC", 13990); // unlike any real one, as what is compiled is kept on disk by version
    *major = (int)(version / 1000);
    *minor = (int)(version % 1000 / 10);
    return SUCCESS;
}
DL_API const char* nvrtcGetErrorString(Result code) {
    return code == SUCCESS ? "NVRTC_SUCCESS" : code == COMPILATION ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR_INVALID_PROGRAM";
}
DL_API Result nvrtcGetNumSupportedArchs(int* to) {
    *to = 2;
    return SUCCESS;
}
DL_API Result nvrtcGetSupportedArchs(int* to) {
    to[0] = 80;
    to[1] = 90;
    return SUCCESS;
}
DL_API Result nvrtcCreateProgram(void** to, const char* text, const char* name, int count, const char* const* headers, const char* const* names) {
    auto* program = new Program{name, text, "", "", {}, {}};
    for (int k = 0; k < count; k++) {
        program->headers.push_back(headers[k]);
        program->header_names.push_back(names[k]);
    }
    *to = program;
    return SUCCESS;
}
DL_API Result nvrtcDestroyProgram(void** program) {
    delete (Program*)*program;
    *program = nullptr;
    return SUCCESS;
}
DL_API Result nvrtcCompileProgram(void* handle, int, const char* const*) {
    auto& program = *(Program*)handle;
    const Source* source = find_source(program.text.data(), program.text.size());
    if (!source)
        program.log = "error: the emulation was built from another text of these kernels, or without them: build the tests again";
    else
        program.image = image_of(*source);
    for (size_t k = 0; k < program.headers.size(); k++) {
        auto& header = program.headers[k];
        const Source* known = find_source(header.data(), header.size());
        if (!known || known->bytes != header.size()) program.log = "error: the emulation was built from another text of " + program.header_names[k];
    }
    const char* refused = getenv("DL_EMULATION_REFUSES");
    if (refused && (program.name == refused || !strcmp(refused, "all"))) program.log = program.name + "(1): error: refused, as DL_EMULATION_REFUSES has it";
    return program.log.empty() ? SUCCESS : COMPILATION;
}
DL_API Result nvrtcGetProgramLogSize(void* program, size_t* to) {
    *to = ((Program*)program)->log.size() + 1;
    return SUCCESS;
}
DL_API Result nvrtcGetProgramLog(void* program, char* to) { return give(((Program*)program)->log, to); }
DL_API Result nvrtcGetCUBINSize(void* program, size_t* to) {
    *to = ((Program*)program)->image.size() + 1;
    return ((Program*)program)->image.empty() ? INVALID_PROGRAM : SUCCESS;
}
DL_API Result nvrtcGetCUBIN(void* program, char* to) { return give(((Program*)program)->image, to); }
DL_API Result nvrtcGetPTXSize(void* program, size_t* to) { return nvrtcGetCUBINSize(program, to); }
DL_API Result nvrtcGetPTX(void* program, char* to) { return nvrtcGetCUBIN(program, to); }

}  // namespace emulation
