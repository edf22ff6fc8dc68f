package modeltest_test

import (
	"cmp"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// generator generates sequences of steps. It derives bodies from the tags of the wire types,
// so new fields are covered.
type generator struct {
	random *rand.Rand
	// odd sequences contain unusual characters. They do not search, and do not sort by title,
	// because the model does not have Unicode's tables.
	odd bool
	// words are the words of texts. If foreign ones are among them, lists are not
	// sorted by title, because the model has no collation.
	words   []string
	foreign bool
	steps   []step
	names   []string // of resources that the steps so far may have created
	// places are the expected places of resources, if all steps so far succeed.
	places map[string]place
	// recurring are tasks that may recur, completed those that may be completed,
	// nested is the latest sub-task of a recurring one.
	recurring []string
	completed map[string]bool
	nested    string
	keys      int
	lists     []listed // the lists that were requested
	now       time.Time
}

// listed is a list that was requested.
type listed struct{ path, query string }

// place is where a resource is.
type place int

const (
	outsideTrash place = iota
	inTrash
	nowhere
)

// sequence returns a sequence of steps.
func sequence(seed, number uint64, steps int) []step {
	g := &generator{random: rand.New(rand.NewPCG(seed, number)), places: map[string]place{}, completed: map[string]bool{}, now: time.Now().UTC()}
	g.odd, g.foreign, g.words = g.chance(3), g.chance(2), words
	if g.foreign {
		g.words = slices.Concat(words, foreign)
	}
	for len(g.steps) < steps {
		g.add()
	}
	return g.steps
}

// chance returns true with a probability of 1/in.
func (g *generator) chance(in int) bool { return g.random.IntN(in) == 0 }

func pick[T any](g *generator, from ...T) T { return from[g.random.IntN(len(from))] }

// add adds a step.
func (g *generator) add() {
	s := step{number: len(g.steps) + 1}
	kinds := []struct {
		weight int
		fill   func(*step)
	}{
		{20, g.create},
		{20, g.update},
		{8, g.replace},
		{8, g.createRecurring},
		{12, g.createNested},
		{24, g.complete},
		{10, g.remove},
		{6, g.restore},
		{5, g.erase},
		{12, g.move},
		{12, g.batch},
		{5, g.get},
		{12, g.list},
		{8, g.changes},
		{3, g.stats},
		{8, g.settings},
		{2, g.invalidRequest},
	}
	sum := 0
	for _, kind := range kinds {
		sum += kind.weight
	}
	n := g.random.IntN(sum)
	for _, kind := range kinds {
		if n -= kind.weight; n < 0 {
			kind.fill(&s)
			g.steps = append(g.steps, s)
			return
		}
	}
}

func (g *generator) create(s *step) {
	k := g.kind()
	s.method, s.path = "POST", k.path
	s.body = g.content(k, false, true)
	g.repeat(s)
	if s.again == 0 {
		g.names = append(g.names, created(k.name, s.number))
	}
}

func (g *generator) update(s *step) {
	k := g.kind()
	s.method, s.path = "PATCH", g.pathOf(k, outsideTrash, outsideTrash)
	s.body = g.content(k, true, strings.HasSuffix(s.path, "}"))
	g.preconditions(s)
	if g.chance(2) {
		s.header = append(s.header, headerLine{"Content-Type", "application/merge-patch+json"})
	}
}

func (g *generator) replace(s *step) {
	k := g.kind()
	s.method, s.path = "PUT", g.pathOf(k, outsideTrash, outsideTrash)
	s.body = g.content(k, false, strings.HasSuffix(s.path, "}"))
	g.preconditions(s)
}

func (g *generator) remove(s *step) {
	s.method, s.path = "DELETE", g.pathOf(g.kind(), outsideTrash, inTrash)
	if strings.HasSuffix(s.path, "}") && g.chance(10) {
		s.query = "permanent=" + pick(g, "false", "maybe", "0")
	}
	g.preconditions(s)
}

func (g *generator) erase(s *step) {
	s.method, s.path, s.query = "DELETE", g.pathOf(g.kind(), pick(g, outsideTrash, inTrash), nowhere), "permanent=true"
	g.preconditions(s)
}

func (g *generator) restore(s *step) {
	s.method, s.path = "POST", g.pathOf(g.kind(), inTrash, outsideTrash)+"/restore"
	g.preconditions(s)
}

func (g *generator) move(s *step) {
	k := g.kind()
	s.method, s.path = "POST", g.pathOf(k, outsideTrash, outsideTrash)+"/move"
	s.body = g.place(k)
	if strings.HasSuffix(s.path, "}/move") && g.chance(10) {
		s.body = pick(g,
			body{instead: "{}"}, body{instead: `{"after":null,"before":null}`}, body{instead: `{"after":7}`}, body{instead: `{"after":""}`},
			body{instead: `{"before":"{{nobody}}"}`}, body{instead: `{"first":true}`}, body{instead: "null"},
		)
	}
	g.preconditions(s)
}

// place returns the body of a move.
func (g *generator) place(k *kind) body {
	value := "null"
	if !g.chance(4) {
		value = `"{` + g.name(k, outsideTrash, outsideTrash) + `}"`
	}
	b := body{members: []member{{name: pick(g, "after", "before"), value: value}}}
	if k != tasks || g.chance(2) {
		return b
	}
	if g.chance(3) {
		b.members = nil
	}
	for _, field := range [][]string{{"listId"}, {"parentId"}, {"parentId"}, {"listId", "parentId"}}[g.random.IntN(4)] {
		value := "null"
		if !g.chance(5) {
			value = `"{` + g.name(referredKind(field), outsideTrash, outsideTrash) + `}"`
		}
		b.members = append(b.members, member{name: field, value: value})
	}
	return b
}

func (g *generator) get(s *step) {
	where := pick(g, outsideTrash, outsideTrash, inTrash)
	s.method, s.path = "GET", g.pathOf(g.kind(), where, where)
	if strings.HasPrefix(s.path, tasks.path) && g.chance(4) {
		if s.path += "/occurrences"; strings.HasSuffix(s.path, "}/occurrences") && g.chance(2) {
			s.query = "limit=" + pick(g, "1", "3", "100", "101", "0", "x", "")
		}
		return
	}
	if g.chance(3) {
		s.header = append(s.header, headerLine{"If-None-Match", pick(g, `"{version}"`, `W/"{version}-gzip"`, `"1"`, `*`, `7`, ``)})
	}
	if g.chance(5) {
		s.header = append(s.header, headerLine{"If-Match", pick(g, `"{version}"`, `"1"`, `*`, `7`)})
	}
}

// invalidRequest makes a request that no operation accepts.
func (g *generator) invalidRequest(s *step) {
	*s = pick(g,
		step{method: "GET", path: "/api/tasks/{" + g.name(tasks, outsideTrash, outsideTrash) + "}/restore"},
		step{method: "PUT", path: "/api/tasks", body: body{instead: "{}"}},
		step{method: "GET", path: "/api/notes"},
		step{method: "GET", path: "/api/tasks", query: pick(g, "color=red", "Limit=3", "completed=maybe", "sort=color", "tag=a%00", "q=%ff", "limit=1&limit=2", "deleted=", "q=%zz", "q=a;b", "color=1&color=2", "q=&cursor=", "sort=", "tag=")},
		step{method: "POST", path: "/api/tasks", body: g.content(tasks, false, false), header: []headerLine{{"Content-Type", pick(g, "text/plain", "application/merge-patch+json", "application/json; charset=utf-8")}}},
		step{method: "POST", path: "/api/tasks"},
		step{method: "POST", path: "/api/batch", body: body{instead: pick(g, "{}", "[]", "null", `{"operations":[]}`, `{"operations":[7]}`, `{"operations":null}`, `{"operations":[{}]}`)}},
	)
	s.number = len(g.steps) + 1
}

// name returns the name of a resource of a kind, mostly of one expected in the place from. The
// request is expected to move it to the place to.
func (g *generator) name(k *kind, from, to place) string {
	var all, expected []string
	for _, name := range g.names {
		if !strings.HasPrefix(name, string(k.name)) {
			continue
		}
		all = append(all, name)
		if g.places[name] == from {
			expected = append(expected, name)
		}
	}
	switch {
	case len(all) == 0 || g.chance(30):
		return "nobody"
	case len(expected) == 0 || g.chance(20):
		return pick(g, all...)
	case g.chance(2): // prefer the latest ones, so that they change several times
		expected = expected[max(0, len(expected)-3):]
	}
	name := pick(g, expected...)
	g.places[name] = to
	return name
}

// pathOf returns the path of a resource, rarely that of an invalid id. See name.
func (g *generator) pathOf(k *kind, from, to place) string {
	if g.chance(60) {
		return k.path + "/" + pick(g, "7", "019AC2F4-7B3C-7C1E-9A55-0D6F2B8E4C11", "019ac2f47b3c7c1e9a550d6f2b8e4c11", "%00", "{nobody}x")
	}
	return k.path + "/{" + g.name(k, from, to) + "}"
}

// preconditions adds preconditions and perhaps a key.
func (g *generator) preconditions(s *step) {
	if g.chance(3) {
		value := pick(g, `"{version}"`, `"{version}"`, `"{version}"`, `"1"`, `"2", "{version}"`, "*", `W/"{version}"`, `"{version}-gzip"`)
		if s.body.empty() && g.chance(10) {
			value = pick(g, "7", `"`, `"a" "b"`, "x", "")
		}
		s.header = append(s.header, headerLine{"If-Match", value})
		if g.chance(5) {
			s.header = append(s.header, headerLine{"If-Match", `"1"`})
		}
	}
	if g.chance(8) {
		s.header = append(s.header, headerLine{"If-None-Match", pick(g, `"{version}"`, `"1"`, "*", `W/"2"`)})
	}
	g.repeat(s)
}

// repeat perhaps adds a key, which may be that of an earlier request, or makes the step
// repeat an earlier one.
func (g *generator) repeat(s *step) {
	switch {
	case g.chance(4):
		g.keys++
		s.header = append(s.header, headerLine{"Idempotency-Key", "k" + strconv.Itoa(g.keys)})
	case g.chance(50):
		s.header = append(s.header, headerLine{"Idempotency-Key", ""})
	case g.keys > 0 && g.chance(20):
		s.header = append(s.header, headerLine{"Idempotency-Key", "k" + strconv.Itoa(1+g.random.IntN(g.keys))})
	case len(g.steps) > 0 && g.chance(6):
		earlier := pick(g, g.steps...)
		*s = step{number: s.number, again: earlier.number, method: earlier.method, path: earlier.path}
		if earlier.again != 0 {
			s.again = earlier.again
		}
	}
}

var sorts = append(taskapi.Sorts(), "")

func (g *generator) list(s *step) {
	k := g.kind()
	s.method, s.path = "GET", k.path
	if len(g.lists) > 0 && g.chance(3) {
		l := pick(g, g.lists...)
		s.path, s.query = l.path, l.query+"&cursor={cursor}"
		if g.chance(15) {
			s.query = l.query + "&cursor=" + pick(g, "nonsense", "e30", "AAAA")
		}
		return
	}
	query := url.Values{"limit": {strconv.Itoa(1 + g.random.IntN(5))}}
	filters := map[string]func(){
		"completed": func() { query.Set("completed", pick(g, "true", "false")) },
		"priority": func() {
			query["priority"] = []string{string(pick(g, taskapi.Priorities()...)), string(pick(g, taskapi.Priorities()...))}
		},
		"tag": func() {
			query.Add("tag", pick(g, strings.ToUpper, strings.ToLower, strings.TrimSpace)(pick(g, g.words...)))
		},
		"listId": func() {
			query.Set("listId", pick(g, "inbox", "{"+g.name(lists, outsideTrash, outsideTrash)+"}", "{"+g.name(lists, inTrash, inTrash)+"}", "7"))
		},
		"parentId": func() {
			query.Set("parentId", pick(g, "none", "{"+g.name(tasks, outsideTrash, outsideTrash)+"}", "7"))
		},
		"archived": func() { query.Set("archived", pick(g, "true", "false")) },
		"due":      func() { query.Set(pick(g, "dueBefore", "dueAfter"), pick(g, g.times()...)) },
		"deleted":  func() { query.Set("deleted", pick(g, "true", "true", "false")) },
		"sort":     func() { query.Set("sort", string(pick(g, sorts...))) },
		"limit":    func() { query.Set("limit", pick(g, "50", "200", "1")) },
		"q":        func() { query.Set("q", g.search()) },
	}
	names := []string{"completed", "priority", "tag", "due", "deleted", "sort", "limit", "q", "listId", "parentId"}
	if k != tasks {
		names = []string{"archived", "deleted", "limit"}
	}
	for _, name := range names {
		if g.chance(4) {
			filters[name]()
		}
	}
	if query.Get("sort") == "" {
		query.Del("sort")
	}
	if (g.odd || g.foreign) && strings.HasSuffix(query.Get("sort"), "title") {
		query.Del("sort")
	}
	if g.odd {
		query.Del("q")
	}
	if strings.HasSuffix(query.Get("sort"), "position") { // which orders only siblings
		query.Del("deleted")
		if !query.Has("parentId") || query.Get("parentId") == "none" {
			query.Set("parentId", "none")
			query.Set("listId", cmp.Or(query.Get("listId"), "inbox"))
		}
	}
	s.query = query.Encode()
	g.lists = append(g.lists, listed{s.path, s.query})
}

func (g *generator) search() string {
	word := pick(g, g.words...)
	switch g.random.IntN(5) {
	case 0:
		return word[:1+g.random.IntN(len(word))] // may end inside a character
	case 1:
		return pick(g, g.words...) + " " + word
	case 2:
		return strings.ToUpper(word)
	case 3:
		return pick(g, "'", "&", "a:*", "%", "!", "()", "-", "<->", "東")
	}
	return word
}

func (g *generator) changes(s *step) {
	s.method, s.path = "GET", "/api/changes"
	query := url.Values{}
	if g.chance(2) {
		query.Set("after", strconv.Itoa(g.random.IntN(len(g.steps)+2)))
	}
	if g.chance(2) {
		query.Set("limit", strconv.Itoa(1+g.random.IntN(8)))
	}
	if g.chance(3) {
		query.Set("cursor", taskapi.ChangeCursor{
			After: g.random.Int64N(int64(len(g.steps) + 2)), Began: g.random.Int64N(int64(len(g.steps) + 2)),
		}.String())
	}
	if g.chance(30) {
		query.Set(pick(g, "after", "limit", "cursor"), pick(g, "-1", "x", "9223372036854775807", "9223372036854775808", "0", "1.5", "201"))
	}
	s.query = query.Encode()
}

func (g *generator) stats(s *step) {
	s.method, s.path = "GET", "/api/tasks/stats"
	if g.chance(2) {
		s.query = "timeZone=" + url.QueryEscape(pick(g, "UTC", "Pacific/Kiritimati", "america/new_york", "Europe/Atlantis", "Etc/Unknown", "Local", ""))
	}
	if g.chance(2) {
		s.path = "/api/agenda"
		if g.chance(2) {
			s.query = strings.TrimPrefix(s.query+"&days="+pick(g, "1", "3", "31", "0", "32", "x"), "&")
		}
	}
}

func (g *generator) settings(s *step) {
	s.method, s.path = "GET", settings.path
	if g.chance(3) {
		s.header = append(s.header, headerLine{pick(g, "If-None-Match", "If-Match"), pick(g, `"{version}"`, `"1"`, `*`, `7`, ``)})
		return
	}
	s.method, s.body = "PATCH", g.content(settings, true, true)
	g.preconditions(s)
}

func (g *generator) batch(s *step) {
	s.method, s.path = "POST", "/api/batch"
	g.repeat(s)
	if s.again != 0 {
		return
	}
	mistake := g.chance(8)
	for i := range 1 + g.random.IntN(4) {
		s.body.operations = append(s.body.operations, g.operation(s.number, i, mistake && i == 0))
	}
}

// operation returns an operation of a batch, at an index of the batch of a step.
func (g *generator) operation(number, index int, mistake bool) body {
	op := pick(g, taskapi.BatchOps()...)
	k := g.kind()
	if len(g.names) == 0 || g.chance(4) {
		op = pick(g, taskapi.BatchCreate, taskapi.BatchUpdate)
	}
	b := body{members: []member{{name: "op", value: quote(string(op))}, {name: "kind", value: quote(string(k.name))}}}
	inContent := mistake && g.chance(2)
	var name string
	if op != taskapi.BatchCreate {
		move := map[taskapi.BatchOp][2]place{
			taskapi.BatchDelete:  {outsideTrash, inTrash},
			taskapi.BatchRestore: {inTrash, outsideTrash},
			taskapi.BatchErase:   {pick(g, outsideTrash, inTrash), nowhere},
		}[op]
		name = g.name(k, move[0], move[1])
		if op == taskapi.BatchUpdate && k == tasks && g.chance(2) {
			name = g.recentRecurring()
		}
		b.members = append(b.members, member{name: "id", value: `"{` + name + `}"`})
		if g.chance(8) {
			b.members = append(b.members, member{name: "version", value: pick(g, "1", "2", "3")})
		}
	}
	switch op {
	case taskapi.BatchCreate, taskapi.BatchReplace:
		content := g.fields(k, false, inContent)
		b.members = append(b.members, member{name: "data", inner: &content})
	case taskapi.BatchUpdate:
		content := g.fields(k, true, inContent)
		if k == tasks && !inContent && g.chance(2) {
			content = g.completion(name)
			g.nameSuccessor(name, next(number, index), content)
		}
		b.members = append(b.members, member{name: "changes", inner: &content})
	case taskapi.BatchMove:
		to := g.place(k)
		b.members = append(b.members, member{name: "to", inner: &to})
		inContent = false
	default:
		inContent = false
	}
	if op == taskapi.BatchCreate && !mistake {
		g.names = append(g.names, created(k.name, number, index))
	}
	if mistake && !inContent {
		// Op and kind determine the other members.
		switch i := g.random.IntN(len(b.members) + 2); {
		case i == len(b.members):
			b.members = append(b.members, member{name: "color", value: "1"})
		case i == len(b.members)+1:
			b.members = append(b.members, b.members[len(b.members)-1]) // twice
		case g.chance(2):
			b.members = slices.Delete(b.members, i, i+1)
		default:
			b.members[i].inner = nil
			invalid := []string{"7", "true", "[]"}
			if b.members[i].name == "version" {
				invalid = []string{`"1"`, "0", "-1", "1.5", "9223372036854775808", "null"}
			}
			b.members[i].value = pick(g, invalid...)
		}
	}
	return b
}

// foreign are words of other languages, whose letters the model knows.
var foreign = []string{"Łódź", "smørrebrød", "IŞIK", "ışık", "Nẵng", "straße", "ουρανός", "كِتَاب", "हिंदी", "がく", "かく", "🎉", "l’été"}
