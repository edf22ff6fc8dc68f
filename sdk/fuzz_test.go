package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// readEvents returns the events of a stream and the error that ended it.
func readEvents(stream io.Reader) ([]event, error) {
	r := newEventReader(stream, func(bool) {})
	var all []event
	for {
		e, err := r.next()
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

// FuzzEvents checks that a stream read at once and byte by byte has the same events, and
// that encoding them gives an equal stream.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("event: ready\ndata: {\"seq\":0}\n\n"))
	f.Add([]byte("id: 7\r\nevent:change\r\ndata: a\r\ndata: b\r\n\r\n:\n\n"))
	f.Add([]byte("data\n\ndata:\n\nevent: expired\n\ndata: cut"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		events, err := readEvents(bytes.NewReader(stream))
		if !errors.Is(err, io.EOF) && !errors.Is(err, errBadEvent) {
			t.Fatalf("the stream ended with %v", err)
		}
		pieces, piecesErr := readEvents(iotest.OneByteReader(bytes.NewReader(stream)))
		if !reflect.DeepEqual(events, pieces) || errors.Is(err, io.EOF) != errors.Is(piecesErr, io.EOF) {
			t.Fatalf("byte by byte %q, %v; at once %q, %v", pieces, piecesErr, events, err)
		}
		var encoded bytes.Buffer
		for _, e := range events {
			if e.name == "" && e.data == nil {
				t.Fatal("an empty event")
			}
			if len(e.name)+len(e.data) > maxEvent {
				t.Fatalf("an event of %d bytes", len(e.name)+len(e.data))
			}
			encoded.WriteString("event: " + e.name + "\nid: " + e.id + "\n")
			if e.data != nil {
				encoded.WriteString("data: " + strings.ReplaceAll(string(e.data), "\n", "\ndata: ") + "\n")
			}
			encoded.WriteString("\n")
		}
		if decoded, _ := readEvents(&encoded); !reflect.DeepEqual(events, decoded) {
			t.Fatalf("%q became %q", events, decoded)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "120", "18446744073709551616", "Mon, 23 Nov 2026 08:00:30 GMT", "Sun Nov  6 08:49:37 9999"} {
		f.Add(value, int64(1_795_000_000))
	}
	f.Fuzz(func(t *testing.T, value string, now int64) {
		wait := parseRetryAfter(value, time.Unix(now, 0))
		seconds, err := strconv.ParseUint(value, 10, 64)
		date, dateErr := http.ParseTime(value)
		switch {
		case wait < 0, err == nil && ((wait == 0) != (seconds == 0) || seconds < 1<<33 && wait != time.Duration(seconds)*time.Second):
			t.Errorf("%q is a delay of %v", value, wait)
		case wait == 0 && dateErr == nil && date.After(time.Unix(now, 0)):
			t.Errorf("no delay for the date %q", value)
		}
	})
}

// FuzzProblem checks that errors have the code of a Tasklane problem, and do not quote any
// other body.
func FuzzProblem(f *testing.F) {
	versionConflict, err := json.Marshal(taskapi.Problem{
		Error: "The task has changed.", Code: taskapi.CodeVersionConflict, Status: 412,
		Errors: []taskapi.FieldError{{Field: "title"}}, Current: &taskapi.Resource{Kind: taskapi.KindTask, Data: json.RawMessage(`{"id":"x"}`)},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(412, string(versionConflict), "application/problem+json", "")
	f.Add(502, "<html>secret</html>", "text/html", "")
	f.Add(307, "", "", "https://user:secret@example.com/?token=secret")
	f.Fuzz(func(t *testing.T, status int, body, contentType, location string) {
		header := http.Header{"Content-Type": {contentType}, "Location": {location}}
		e := failResponse(status, header, []byte(body))
		var problem taskapi.Problem
		isProblem := json.Unmarshal([]byte(body), &problem) == nil && !problem.Success && problem.Code != ""
		if isProblem != (e.Code != "") || isProblem && (e.Code != problem.Code || !errors.Is(e, codeError(problem.Code))) {
			t.Errorf("the code is %q, the body %q", e.Code, body)
		}
		if e.Status != status || e.Message == "" && problem.Error != "" {
			t.Errorf("got %+v", e)
		}
		if other := failResponse(status, header, []byte("something else")); !isProblem && other.Error() != e.Error() {
			t.Errorf("the error quotes the body: %v", e)
		}
	})
}

func FuzzLifetime(f *testing.F) {
	now := time.Unix(1_795_000_000, 0)
	f.Add("e30.eyJpYXQiOjE3OTUwMDAwMDAsImV4cCI6MTc5NTAwMDkwMH0.c2ln")
	f.Add("e30.eyJleHAiOjFlMzA4fQ.c2ln") // exp 1e308
	f.Fuzz(func(t *testing.T, token string) {
		if life, err := lifetime(token, now); life < 0 || life > maxLifetime || err != nil && life != 0 {
			t.Errorf("got the lifetime %v, %v", life, err)
		}
	})
}
