// Package taskjson writes answers that hold tasks as JSON: the bytes are those
// of encoding/json without the escaping of HTML, at a fraction of its time.
// Lists of tasks are most of what the servers answer.
package taskjson

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Appender is an answer that appends its own JSON.
type Appender interface {
	AppendJSON(b []byte) []byte
}

// maxKept is the size of the largest buffer that is kept for another answer.
const maxKept = 128 << 10

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Marshal writes v and a line break to w. What is neither known here nor an
// [Appender] is left to encoding/json.
func Marshal(w io.Writer, v any) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	b, known := appendAnswer((*buffer)[:0], v)
	if !known {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	}
	b = append(b, '\n')
	if cap(b) <= maxKept {
		*buffer = b
	}
	_, err := w.Write(b)
	return err
}

func appendAnswer(b []byte, v any) ([]byte, bool) {
	switch v := v.(type) {
	case Appender:
		return v.AppendJSON(b), true
	case taskapi.TaskListResponse:
		b = AppendData(b, v.Success, v.Data, AppendTask)
		return AppendListMeta(b, v.Meta), true
	case taskapi.ChangeListResponse:
		b = AppendData(b, v.Success, v.Data, func(b []byte, c *taskapi.Change) []byte {
			return AppendChange(b, c, c.Task, AppendTask)
		})
		return AppendChangesMeta(b, v.Meta), true
	case taskapi.TaskResponse:
		return AppendOne(b, v.Success, &v.Data, AppendTask), true
	case *taskapi.TaskResponse:
		return AppendOne(b, v.Success, &v.Data, AppendTask), true
	}
	return b, false
}

// AppendOne appends the envelope of one task.
func AppendOne[T any](b []byte, success bool, task *T, appendTask func([]byte, *T) []byte) []byte {
	b = appendBool(append(b, `{"success":`...), success)
	return append(appendTask(append(b, `,"data":`...), task), '}')
}

// AppendData appends the beginning of the envelope of several entries; the meta
// data that follow also end it.
func AppendData[T any](b []byte, success bool, entries []T, appendEntry func([]byte, *T) []byte) []byte {
	b = appendBool(append(b, `{"success":`...), success)
	b = append(b, `,"data":`...)
	if entries == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range entries {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEntry(b, &entries[i])
	}
	return append(b, ']')
}

// AppendListMeta appends what stands behind the tasks of a list.
func AppendListMeta(b []byte, meta taskapi.ListMeta) []byte {
	b = append(b, `,"meta":{"nextCursor":`...)
	if meta.NextCursor == nil {
		b = append(b, "null"...)
	} else {
		b = appendString(b, *meta.NextCursor)
	}
	return append(appendInt(append(b, `,"changes":`...), meta.Changes), "}}"...)
}

// AppendChangesMeta appends what stands behind the changes of a feed.
func AppendChangesMeta(b []byte, meta taskapi.ChangesMeta) []byte {
	b = appendInt(append(b, `,"meta":{"nextCursor":`...), meta.NextCursor)
	return append(appendBool(append(b, `,"hasMore":`...), meta.HasMore), "}}"...)
}

// AppendChange appends a change with its task, as appendTask writes it.
func AppendChange[T any](b []byte, c *taskapi.Change, task *T, appendTask func([]byte, *T) []byte) []byte {
	b = appendInt(append(b, `{"seq":`...), c.Seq)
	b = appendString(append(b, `,"type":`...), string(c.Type))
	b = appendString(append(b, `,"taskId":`...), c.TaskID)
	b = append(b, `,"task":`...)
	if task == nil {
		b = append(b, "null"...)
	} else {
		b = appendTask(b, task)
	}
	return append(b, '}')
}

// AppendTask appends a task.
func AppendTask(b []byte, t *taskapi.Task) []byte { return append(AppendOpenTask(b, t), '}') }

// AppendOpenTask appends a task without the closing brace, so that fields can
// follow.
func AppendOpenTask(b []byte, t *taskapi.Task) []byte {
	b = appendString(append(b, `{"id":`...), t.ID)
	b = appendString(append(b, `,"title":`...), t.Title)
	b = appendString(append(b, `,"description":`...), t.Description)
	b = appendBool(append(b, `,"completed":`...), t.Completed)
	b = appendTimeOrNull(append(b, `,"completedAt":`...), t.CompletedAt)
	b = appendString(append(b, `,"priority":`...), string(t.Priority))
	b = appendTimeOrNull(append(b, `,"dueAt":`...), t.DueAt)
	b = appendStrings(append(b, `,"tags":`...), t.Tags)
	b = appendInt(append(b, `,"version":`...), t.Version)
	b = appendTime(append(b, `,"createdAt":`...), t.CreatedAt)
	b = appendTime(append(b, `,"updatedAt":`...), t.UpdatedAt)
	return appendTimeOrNull(append(b, `,"deletedAt":`...), t.DeletedAt)
}

// AppendBoolField appends a field behind others.
func AppendBoolField(b []byte, name string, v bool) []byte {
	b = append(append(b, `,"`...), name...)
	return appendBool(append(b, `":`...), v)
}
