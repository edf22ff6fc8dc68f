package sdk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// maxEvent bounds the size of an event in bytes. The largest task is smaller.
const maxEvent = 1 << 20

// errBadEvent ends a malformed stream. Reconnecting would not help.
var errBadEvent = errors.New("the stream has an invalid event")

// event is one event of a stream.
type event struct {
	name, id string
	data     []byte
}

// eventReader parses a text/event-stream. It ignores fields other than event, id and
// data.
type eventReader struct {
	lines   *bufio.Reader
	reading func(bool) // called with true before every read and with false after it
}

func newEventReader(stream io.Reader, reading func(bool)) *eventReader {
	// The buffer is small because a program may watch the tasks of many users.
	return &eventReader{lines: bufio.NewReaderSize(stream, 1<<10), reading: reading}
}

// isEventStream reports whether a response is an event stream.
func isEventStream(resp *http.Response) bool {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && mediaType == "text/event-stream"
}

// next returns the next event. It drops an event that the end of the stream truncates.
func (r *eventReader) next() (event, error) {
	var e event
	size := 0
	for {
		line, err := r.line(maxEvent - size)
		if err != nil {
			return event{}, err
		}
		if len(line) == 0 {
			if e.name != "" || e.data != nil {
				return e, nil
			}
			continue
		}
		if line[0] == ':' {
			continue // a heartbeat comment
		}
		size += len(line)
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			e.name = string(value)
		case "id":
			e.id = string(value)
		case "data":
			if e.data != nil {
				e.data = append(e.data, '\n')
			}
			e.data = append(e.data, value...)
		}
	}
}

// line returns the next line, without its end, of at most the given size. The result is
// valid until the next call.
func (r *eventReader) line(limit int) ([]byte, error) {
	var line []byte
	for {
		r.reading(true)
		part, err := r.lines.ReadSlice('\n')
		r.reading(false)
		if len(line)+len(part) > limit {
			return nil, fmt.Errorf("%w: it exceeds %d MiB", errBadEvent, maxEvent>>20)
		}
		if err == nil && line == nil {
			line = part // the common case needs no copy
		} else {
			line = append(line, part...)
		}
		if err == nil {
			return bytes.TrimRight(line, "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}
