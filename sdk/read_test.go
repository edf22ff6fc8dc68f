package sdk

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// usualKinds are new values of everything that has a usual form.
func usualKinds() []any {
	return []any{new(taskAnswer), new(listAnswer), new(changesAnswer), new(taskapi.Change)}
}

// usualAnswers are of all kinds, with a value in every field and with as few as
// there can be.
func usualAnswers() []any {
	at := time.Date(2026, 11, 23, 8, 30, 0, 123456000, time.UTC)
	tasks := []taskapi.Task{
		{
			ID: "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", Title: "Water the plants", Description: "The ones\non the \"balcony\" too.\\",
			Completed: true, CompletedAt: new(at.Add(time.Hour)), Priority: taskapi.High, DueAt: new(at.Truncate(time.Second)),
			Tags: []string{"home", "garden", "<&>"}, Version: 7, CreatedAt: at, UpdatedAt: at.AddDate(0, 0, 1), DeletedAt: new(at.AddDate(1, 0, 0)),
		},
		{Tags: []string{}},
		{Title: "äü買😀\u2028\ufffd\x7f", Description: "\b\f\r\t\x00\x1f/", Tags: slices.Repeat([]string{"a"}, taskapi.MaxTags+1), Version: 1<<63 - 1},
	}
	changes := []taskapi.Change{{Seq: 5, Type: taskapi.ChangeDelete, TaskID: "a"}}
	for i := range tasks {
		changes = append(changes, taskapi.Change{Seq: 10, Type: taskapi.ChangeUpsert, TaskID: tasks[i].ID, Task: &tasks[i]})
	}
	all := []any{
		&taskapi.TaskListResponse{Data: []taskapi.Task{}},
		&taskapi.TaskListResponse{Success: true, Data: tasks, Meta: taskapi.ListMeta{NextCursor: new("eyJ2IjoxfQ"), Changes: 184}},
		&taskapi.ChangeListResponse{Data: []taskapi.Change{}},
		&taskapi.ChangeListResponse{Success: true, Data: changes, Meta: taskapi.ChangesMeta{NextCursor: 184, HasMore: true}},
	}
	for i := range tasks {
		all = append(all, &taskapi.TaskResponse{Success: true, Data: tasks[i]})
	}
	for i := range changes {
		all = append(all, &changes[i])
	}
	return all
}

// asWritten returns what the service writes for an answer.
func asWritten(t testing.TB, answer any) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkReading fails unless data are read as encoding/json reads them, whatever
// they are taken for. It returns how many kinds they have the usual form of.
func checkReading(t testing.TB, data string) (usual int) {
	t.Helper()
	want := usualKinds()
	for i, got := range usualKinds() {
		if readUsual([]byte(data), got) {
			usual++
		} else if !reflect.ValueOf(got).Elem().IsZero() {
			t.Fatalf("%T is filled though %q is unusual", got, data)
		}
		err, wantErr := unmarshal([]byte(data), got), json.Unmarshal([]byte(data), want[i])
		if !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("%T: got the error %v, want %v, of %q", got, err, wantErr, data)
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("%T: got\n%+v, want\n%+v, of %q", got, got, want[i], data)
		}
	}
	return usual
}

// TestUsualAnswers has a field more as soon as taskapi has: one that is not
// read makes an answer unusual, and all reading slow.
func TestUsualAnswers(t *testing.T) {
	t.Parallel()
	for _, answer := range usualAnswers() {
		written := asWritten(t, answer)
		if checkReading(t, written) != 1 || checkReading(t, strings.TrimSuffix(written, "\n")) != 1 {
			t.Errorf("%s has not the usual form of one answer", written)
		}
	}
}

// unusualAnswers are changes of answers, each of which replaces a text wherever
// it stands.
var unusualAnswers = [][2]string{
	{`,`, ", \n"},
	{`:`, "\t: "},
	{"\n", "\n\n"},
	{"\n", "x"},
	{"\n", "{}"},
	{`{"id"`, `{"new":{"a":[1,"]"]},"id"`},
	{`{"id":`, `{"id":"another","id":`},
	{`{"id":`, `{"ID":`},
	{`"title"`, `"TITLE"`},
	{`"title"`, `"t\u0069tle"`},
	{`"seq"`, `"ſeq"`},
	{`"tags":[`, `"tags":null,"tags":[`},
	{`"tags":[]`, `"tags":null`},
	{`"tags":[]`, `"tags":["a",]`},
	{`"tags":[]`, `"tags":[null]`},
	{`"data":[]`, `"data":null`},
	{`"version":7,`, ``},
	{`"version":7`, `"version":null`},
	{`"version":7`, `"version":-7`},
	{`"version":7`, `"version":-0`},
	{`"version":7`, `"version":07`},
	{`"version":7`, `"version":+7`},
	{`"version":7`, `"version":7.0`},
	{`"version":7`, `"version":7e0`},
	{`"version":7`, `"version":"7"`},
	{`"version":7`, `"version":9223372036854775808`},
	{`"success":true`, `"success":null`},
	{`"success":true`, `"success":tru`},
	{`"success":true`, `"success":"true"`},
	{`"high"`, `null`},
	{`"high"`, `3`},
	{`plants`, `\ud83d\ude00 \ud83d \ude00 \ud83dx \uD83D\u0041`},
	{`plants`, `\u003cplants\u003E \/ \u0000`},
	{`plants`, `\x`},
	{`plants`, `\u12`},
	{`plants`, "\xff\xe2\x80 \xed\xa0\x80"},
	{`plants`, "\xff\\n"},
	{`plants`, "\n"},
	{`plants"`, `plants\"`},
	{`2026-`, `02026-`},
	{`08:30:00.123456Z`, `08:30:00.123456+02:00`},
	{`08:30:00.123456Z`, `08:30:00.123456-24:00`},
	{`08:30:00.123456Z`, `08:30:00,123456Z`},
	{`08:30:00.123456Z`, `8:30:00Z`},
	{`08:30:00.123456Z`, `08:30:60Z`},
	{`08:30:00.123456Z`, `08:30:00.123456z`},
	{`08:30:00.123456Z`, `08:30:00.123456\u005a`},
	{`"createdAt":"`, `"createdAt":null,"was":"`},
	{`"createdAt":"`, `"createdAt":0,"was":"`},
	{`"dueAt":null`, `"dueAt":nul`},
	{`"dueAt":null`, `"dueAt":""`},
}

// FuzzAnswers takes any text for an answer.
func FuzzAnswers(f *testing.F) {
	for _, text := range []string{"", "\n", "null", "[]", "{}", `"`, "\xef\xbb\xbf{}", strings.Repeat("[", 20_000)} {
		f.Add(text)
	}
	changed := make([]bool, len(unusualAnswers))
	for _, answer := range usualAnswers() {
		written := asWritten(f, answer)
		f.Add(written)
		for i, change := range unusualAnswers {
			if text := strings.ReplaceAll(written, change[0], change[1]); text != written {
				changed[i] = true
				f.Add(text)
			}
		}
	}
	if i := slices.Index(changed, false); i >= 0 {
		f.Fatalf("no answer has %s", unusualAnswers[i][0])
	}
	f.Fuzz(func(t *testing.T, text string) { checkReading(t, text) })
}

// TestDamagedAnswers ends answers at every place, and loses, adds and replaces
// a character there by one that means something in JSON.
func TestDamagedAnswers(t *testing.T) {
	t.Parallel()
	const meaningful = "\x00\x1f\"\\,:{}[] 0-na"
	for _, answer := range usualAnswers() {
		written := asWritten(t, answer)
		for i := range written {
			before, after, c := written[:i], written[i+1:], meaningful[i%len(meaningful):][:1]
			checkReading(t, before)
			checkReading(t, before+after)
			checkReading(t, before+c+after)
			checkReading(t, before+c+written[i:])
		}
	}
}
