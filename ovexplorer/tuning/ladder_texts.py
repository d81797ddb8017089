"""What each step does, when it helps, one sentence to say aloud. True on any machine: figures come from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepText:
    """Three sentences about a step."""

    what: str
    helps: str
    say: str


TEXTS = {
    "pytorch": StepText(
        "The exported program runs in PyTorch itself, in a process without OpenVINO.",
        "It is where many applications begin, so it is the first bar when it is installed.",
        "This is the model as it left training.",
    ),
    "onnxruntime": StepText(
        "The ONNX file runs in ONNX Runtime on the CPU, in a process without OpenVINO.",
        "It shows what another runtime makes of the same file on the same machine.",
        "Same file, same machine, another runtime.",
    ),
    "original": StepText(
        "OpenVINO reads the file as it is; nothing is converted by hand.",
        "No conversion step is needed to try a model; reading it takes longer than reading IR.",
        "One line of code, and the file need not change.",
    ),
    "ir_f32": StepText(
        "The model is written once as OpenVINO IR with f32 weights, and the IR is read.",
        "IR starts faster than other formats; once compiled it is usually the same speed.",
        "Convert once, start faster every time.",
    ),
    "ir_f16": StepText(
        "The IR holds its weights in f16; what it computes in is a separate choice.",
        "The file is about half as large; the speed often stays.",
        "Half the file, and usually the same answer.",
    ),
    "threads": StepText(
        "One inference is spread over every CPU that the process may use.",
        "It helps where the default takes fewer, such as one thread for each physical core.",
        "Asking for all threads is worth a try, not a promise.",
    ),
    "auto": StepText(
        "AUTO picks the device, told that latency matters.",
        "It helps where a GPU or an NPU stands beside the CPU; with a CPU alone it only adds its own work.",
        "Let OpenVINO pick the device, and it can start on the CPU while another one still compiles.",
    ),
    "shared": StepText(
        "The request reads the input array in place; the steps before copied it each time.",
        "It helps when inputs are large and the model is fast.",
        "The fastest copy is the one that is not made.",
    ),
    "precision_f16": StepText(
        "It computes in f16 where the device can.",
        "It helps where the hardware computes f16; elsewhere it can be emulated or refused. Look at the drift.",
        "Half precision is a trade: look at the bar and at the drift beside it.",
    ),
    "precision_bf16": StepText(
        "It computes in bf16: the range of f32 with fewer digits.",
        "It helps on CPUs with AMX or AVX-512 BF16; elsewhere it can be slower than f32. Look at the drift.",
        "The same range as f32, fewer digits, and on the right CPU much more speed.",
    ),
    "precision_f32": StepText(
        "It computes in f32, as the model was trained in most cases.",
        "It is the exact one; it wins where the hardware has nothing narrower.",
        "Full precision is not always the slow one: measure it.",
    ),
    "one_stream": StepText(
        "One stream and one caller that waits for each result.",
        "It is where throughput begins: nothing overlaps.",
        "One at a time: this is what we try to beat.",
    ),
    "streams": StepText(
        "The cores are shared out among streams, each with a request of its own in flight.",
        "It helps where one inference cannot keep all cores busy; each result takes longer.",
        "Several small teams instead of one large one.",
    ),
    "hint": StepText(
        "OpenVINO chooses the number of streams; still one caller that waits for each result.",
        "The hint makes room for several requests; one caller fills only one of them.",
        "The hint alone is half of it: somebody has to fill the streams.",
    ),
    "optimal": StepText(
        "The throughput hint with as many requests in flight as the device calls optimal.",
        "It helps whenever several inputs are at hand; each result takes longer.",
        "Keep every stream busy, and ask the device how many that takes.",
    ),
    "batch": StepText(
        "Each inference takes several items at once.",
        "It helps where one item leaves the device idle: GPUs, many cores, small models. Each waits for the rest.",
        "Batching is a throughput trick: it trades waiting for work done together.",
    ),
    "auto_batch": StepText(
        "OpenVINO gathers single requests into batches by itself.",
        "It helps on GPUs when many requests arrive at once.",
        "Batches without a line of code.",
    ),
    "processes": StepText(
        "Several processes, each pinned to cores of its own before OpenVINO starts, run at once; their rates add.",
        "It helps where one process cannot use all cores well; each needs the memory of a whole model.",
        "When one process cannot fill the machine, run several, and give each its own cores.",
    ),
    "async_n": StepText(
        "As benchmark_app runs by default: throughput hint, the optimal number of requests in flight.",
        "This is the figure that applications are compared with.",
        "This is benchmark_app: everything overlaps, nothing else happens.",
    ),
    "async_1": StepText(
        "The same compiled model with a single request in flight.",
        "Its cost is what you lose when you start one inference and wait for it.",
        "Take away the crowd, and most streams stand idle.",
    ),
    "sync": StepText(
        "The blocking call, with the latency hint that suits it.",
        "One request alone is best served by all cores together.",
        "One caller, told honestly: now the cores work together on one result.",
    ),
    "copy_in": StepText(
        "Each input is copied into the request before the inference, as passing an array to infer() does.",
        "Sharing memory takes it away again.",
        "Your frame is copied before anything is computed.",
    ),
    "copy_out": StepText(
        "Each result is copied out of the request, as most applications do to keep it.",
        "Reading results in place takes it away again, as long as the request is not started anew.",
        "And copied once more on the way out.",
    ),
    "real_input": StepText(
        "The model is fed real numbers in its own type, four bytes a value for f32, instead of u8.",
        "Feeding u8 and converting in the graph takes it away again.",
        "Four bytes for every one that the camera made.",
    ),
    "host": StepText(
        "Python turns the u8 image into the model's input before each inference.",
        "Pre-processing built into the graph takes most of it away.",
        "The work before the work, on one core, in Python.",
    ),
    "paced": StepText(
        "Inputs arrive by a clock, slower than they could be served; time counts from when each was due.",
        "Cores that fell idle wake up and caches have cooled: the price of not running back to back.",
        "A camera does not wait for you, and you wait for the camera.",
    ),
}
