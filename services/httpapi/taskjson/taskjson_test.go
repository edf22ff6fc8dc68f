package taskjson_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi/taskjson"
)

// standard is what encoding/json writes.
func standard(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func check(t testing.TB, v any) {
	t.Helper()
	var got bytes.Buffer
	if err := taskjson.Marshal(&got, v); err != nil {
		t.Fatal(err)
	}
	if want := standard(t, v); !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("%T:\n got %s\nwant %s", v, got.Bytes(), want)
	}
}

// TestSameBytes fills every field of every answer, so a new field that is not
// written shows.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, answer := range []any{
		taskapi.TaskListResponse{}, taskapi.ChangeListResponse{}, taskapi.TaskResponse{}, &taskapi.TaskResponse{},
	} {
		check(t, answer)
		for range 200 {
			filled := reflect.New(reflect.TypeOf(answer)).Elem()
			if filled.Kind() == reflect.Pointer {
				filled.Set(reflect.New(filled.Type().Elem()))
				fill(filled.Elem(), random)
			} else {
				fill(filled, random)
			}
			check(t, filled.Interface())
		}
	}
}

func TestOthersAreLeftToEncodingJSON(t *testing.T) {
	t.Parallel()
	check(t, map[string]any{"text": "<&>", "list": []int{1}})
	if err := taskjson.Marshal(io.Discard, func() {}); err == nil {
		t.Error("a function was written")
	}
}

// fill sets everything in v at random; what may be nil is sometimes.
func fill(v reflect.Value, random *rand.Rand) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int64:
		v.SetInt(random.Int64() - random.Int64())
	case reflect.String:
		text := make([]rune, random.IntN(20))
		for i := range text {
			text[i] = random.Int32N(0x3000)
		}
		v.SetString(string(text))
	case reflect.Pointer:
		if random.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), random)
		}
	case reflect.Slice:
		if n := random.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n))
		}
		for i := range v.Len() {
			fill(v.Index(i), random)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(randomTime(random)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), random)
		}
	default:
		panic("a field of an unexpected kind: " + v.Type().String())
	}
}

// randomTime is of the years 1 to 9999, and often a whole second.
func randomTime(random *rand.Rand) time.Time {
	at := time.Date(1+random.IntN(9999), 1, 1, 0, 0, random.IntN(86_400*365), 0, time.UTC)
	if random.IntN(2) == 0 {
		at = at.Add(time.Duration(random.IntN(1_000_000)) * time.Microsecond)
	}
	return at
}

func FuzzString(f *testing.F) {
	for _, seed := range []string{
		"", "Water the plants", "\x00\b\t\n\v\f\r\x1f\"\\/<>&\x7f", "\xff", "a\xe2\x80", "ä\u2028\u2029\ufffd買😀", "\xed\xa0\x80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check(t, taskapi.TaskResponse{Data: taskapi.Task{Title: text, Tags: []string{text, "x"}}})
	})
}

func BenchmarkList(b *testing.B) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 123456000, time.UTC)
	list := taskapi.TaskListResponse{Success: true}
	for range 50 {
		list.Data = append(list.Data, taskapi.Task{
			ID: "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", Title: "Water the plants", Description: "The ones on the balcony too.",
			Priority: taskapi.High, DueAt: &at, Tags: []string{"home", "garden"}, Version: 1, CreatedAt: at, UpdatedAt: at,
		})
	}
	b.Run("taskjson", func(b *testing.B) {
		for b.Loop() {
			_ = taskjson.Marshal(io.Discard, list)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			_ = json.NewEncoder(io.Discard).Encode(list)
		}
	})
}
