"""Echo cancelling by libwebrtc as LiveKit ships it (extra ``apm``): AEC3 that also holds on real rooms.

The native side aborts the whole process at a frame that is not 10 ms, so lengths are checked before each call. Its
Python side builds and parses two protocol messages a frame; here one request for each direction, with the address of a
buffer of our own in it, is written once and sent again and again, which costs half as much.
"""

from __future__ import annotations

import atexit
import ctypes
import threading
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.stages import EchoStage, check_frames
from agora_audio.apm.webrtc import SPLIT_DELAY
from agora_audio.errors import EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat

__all__ = ["LiveKitEcho"]

_LAST_LINE_S = 0.05


class LiveKitEcho:
    """AEC3 of LiveKit's libwebrtc at 16, 32 or 48 kHz."""

    def __init__(self, format: AudioFormat, stage: EchoStage) -> None:
        rtc = _library()
        shape = (format.sample_rate // 100, format.channels)
        self._near, self._far = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
        self._waiting: NDArray[np.int16] = np.zeros((0, format.channels), np.int16)
        self._format = format
        self._delay_ms = stage.delay_ms
        self._client = rtc.client.instance
        self._rtc = rtc
        self.delay = format.sample_rate * 8 // 1000 + SPLIT_DELAY[format.sample_rate]
        self.reset()

    def reset(self) -> None:
        """Begin a new stream: the native object cannot be reset, so a new one is made."""
        try:
            self._module = self._rtc.module(echo_cancellation=True)
        except RuntimeError as error:  # its answer in a child of a process that has used it
            raise EngineUnavailable(
                f"livekit does not survive a fork: start processes by 'spawn' instead ({error})"
            ) from None
        if self._delay_ms:
            self._module.set_stream_delay_ms(self._delay_ms)
        self._send_near = self._request("apm_process_stream", self._near)
        self._send_far = self._request("apm_process_reverse_stream", self._far)

    def take_far_end(self, frames: NDArray[np.int16]) -> None:
        """Take what the loudspeaker played while the next near-end frames were recorded, shape (n, channels)."""
        self._waiting = frames

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole near-end frames, shape (n, channels), and return them without the far end's echo."""
        check_frames(frames, self._format)
        if self._waiting.shape != frames.shape:
            raise FormatError(f"near end {frames.shape}, far end {self._waiting.shape}: they must be of one shape")
        near, far, length = self._near, self._far, len(self._near)
        send_near, send_far = self._send_near, self._send_far
        out = np.empty_like(frames)
        for at in range(0, len(frames), length):
            far[:] = self._waiting[at : at + length]
            send_far()
            near[:] = frames[at : at + length]
            send_near()
            out[at : at + length] = near
        return out

    def _request(self, kind: str, buffer: NDArray[np.int16]) -> _Request:
        message = self._rtc.request()
        part = getattr(message, kind)
        part.apm_handle = self._module._ffi_handle.handle
        part.data_ptr = buffer.ctypes.data
        part.size = buffer.nbytes
        part.sample_rate = self._format.sample_rate
        part.num_channels = self._format.channels
        return _Request(self._client._ffi_lib, message.SerializeToString(), self._rtc.response, kind)


class _Request:
    """A message to the native side, sent again and again."""

    def __init__(self, library: Any, message: bytes, response: Any, kind: str) -> None:
        self._library = library
        self._message = (ctypes.c_ubyte * len(message)).from_buffer_copy(message)
        self._response = response
        self._kind = kind
        self._answer = ctypes.POINTER(ctypes.c_ubyte)()
        self._length = ctypes.c_size_t()
        self._good = b""

    def __call__(self) -> None:
        answer, length = self._answer, self._length
        handle = self._library.livekit_ffi_request(
            self._message, len(self._message), ctypes.byref(answer), ctypes.byref(length)
        )
        text = ctypes.string_at(answer, length.value)
        self._library.livekit_ffi_drop_handle(handle)
        if text != self._good:
            self._check(text)

    def _check(self, text: bytes) -> None:
        """Look into an answer that is new; all good ones are the same."""
        response = self._response()
        response.ParseFromString(text)
        error = getattr(response, self._kind).error
        if error:
            raise FormatError(f"livekit refused a frame: {error}")
        self._good = text


class _Library:
    """The four things needed of `livekit.rtc`, found once."""

    def __init__(self) -> None:
        try:
            from livekit.rtc import apm
            from livekit.rtc._ffi_client import FfiClient, ffi_event_callback
            from livekit.rtc._proto import ffi_pb2
            from livekit.rtc.version import __version__
        except (ImportError, OSError) as error:
            raise EngineUnavailable(
                f"echo cancelling by livekit needs the extra apm: pip install 'agora-audio[apm]' ({error})"
            ) from None
        self.module: Any = apm.AudioProcessingModule
        self.client: Any = FfiClient
        self.request: Any = ffi_pb2.FfiRequest
        self.response: Any = ffi_pb2.FfiResponse
        native = FfiClient.instance._ffi_lib

        # Its threads hand log lines to Python, also while Python ends: the thread is then unwound through Rust, which
        # aborts the process, more than every second time where ending takes long. At exit, before livekit's own
        # farewell is logged, lines are no longer captured, those on their way go to a function that is not Python, and
        # a thread that is on the doorstep of Python already gets the time to come back.
        deaf = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, type(ffi_event_callback))
        atexit.register(threading.Event().wait, _LAST_LINE_S)
        atexit.register(native.livekit_ffi_initialize, deaf, False, b"python", __version__.encode())


@lru_cache(maxsize=1)
def _library() -> _Library:
    return _Library()
