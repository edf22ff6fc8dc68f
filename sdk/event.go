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

// maxEvent is the size in bytes that an event of a stream may have. The
// largest task stays below it.
const maxEvent = 1 << 20

// errBadEvent ends a stream that does not keep to its format, which another
// connection would not mend.
var errBadEvent = errors.New("the stream holds an event that makes no sense")

// event is one event of a stream.
type event struct {
	name, id string
	data     []byte
}

// eventReader reads a text/event-stream. Of the events' fields it knows event, id
// and data.
type eventReader struct {
	lines   *bufio.Reader
	reading func(bool) // called before and after every wait for the stream
}

func newEventReader(stream io.Reader, reading func(bool)) *eventReader {
	// A small buffer: a program may have a watch for each of its users.
	return &eventReader{lines: bufio.NewReaderSize(stream, 1<<10), reading: reading}
}

// isEventStream reports whether an answer says that it is one.
func isEventStream(resp *http.Response) bool {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && mediaType == "text/event-stream"
}

// next returns the next event. An event that is cut off by the stream's end is
// none.
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
			continue // a comment, the sign of life
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

// line returns the next line of at most the given size, without its end. It is
// valid until the next call.
func (r *eventReader) line(most int) ([]byte, error) {
	var line []byte
	for {
		r.reading(true)
		part, err := r.lines.ReadSlice('\n')
		r.reading(false)
		if len(line)+len(part) > most {
			return nil, fmt.Errorf("%w: it is larger than %d MiB", errBadEvent, maxEvent>>20)
		}
		if err == nil && line == nil {
			line = part // the usual case needs no copy
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
