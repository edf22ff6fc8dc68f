package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// streamsOfBrowser is the bff's limit on a user's streams.
	streamsOfBrowser = 20
	// streamsOfUser is the number of idle streams per user.
	streamsOfUser = 10
	// concurrentOpens bounds the streams that are being opened at once.
	concurrentOpens = 50
	// otherFiles is the number of open files that are not streams.
	otherFiles = 200
	// settle is how long a process is idle before its memory is read.
	settle = 3 * time.Second
	// eventTimeout bounds the wait for all events.
	eventTimeout = 30 * time.Second
)

// streamResult is the cost of idle streams.
type streamResult struct {
	// open is the number of open streams, files the limit on a process's open
	// files.
	open, files int
	// before and after are measured before and after the streams were opened.
	before, after usage
	// delays are the times from sending a change to its arrival in each of its
	// user's streams.
	delays []time.Duration
}

// startsAndStreams times several starts of the service, and opens idle streams at the last process.
func (s *stack) startsAndStreams(ctx context.Context, people population, r *results) error {
	var p *process
	for i := range r.plan.starts {
		c, err := s.tasksCommand(ctx, mainDatabase, people.many.direct)
		if err != nil {
			return err
		}
		next, took, err := start(ctx, c)
		if err != nil {
			return err
		}
		r.starts = append(r.starts, took)
		if i == r.plan.starts-1 {
			p = next
		} else if err := next.stop(); err != nil {
			return err
		}
	}
	if err := pause(ctx, settle); err != nil {
		return errors.Join(err, p.stop())
	}
	r.idle = p.usage()
	err := s.watch(ctx, p, people.users[:min(len(people.users), r.plan.streams/streamsOfUser)], r)
	if err := errors.Join(err, p.stop()); err != nil {
		return err
	}
	r.bffStreams, err = s.browse(ctx, r.plan.bffStreams)
	return err
}

// browse opens idle streams at another bff. All streams of a session share
// one connection to the task service.
func (s *stack) browse(ctx context.Context, streams int) (result streamResult, err error) {
	if result.files, err = fileLimit(); err != nil {
		return result, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return result, err
	}
	p, err := s.startBFF(ctx, address)
	if err != nil {
		return result, err
	}
	var users []user
	for range min(streams/streamsOfBrowser, (result.files-otherFiles)/(streamsOfBrowser+1)) {
		id, cookies, err := s.signUp(ctx)
		if err != nil {
			return result, err
		}
		u, err := s.newUser(id, cookies)
		if err != nil {
			return result, err
		}
		users = append(users, u)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := pause(ctx, settle); err != nil {
		return result, err
	}
	err = result.openIdle(ctx, p, users, asBrowser, streamsOfBrowser, func(*bufio.Scanner) {})
	return result, err
}

// openIdle opens streams that begin after the users' changes, and measures the server before,
// and once the streams are idle.
func (r *streamResult) openIdle(ctx context.Context, p *process, users []user, header func(user) http.Header, perUser int, opened func(*bufio.Scanner)) error {
	client := &http.Client{Transport: &http.Transport{ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}}
	group := new(errgroup.Group)
	group.SetLimit(concurrentOpens)
	r.before, r.open = p.usage(), perUser*len(users)
	for _, u := range users {
		for range perUser {
			group.Go(func() error {
				lines, err := openStream(ctx, client, p.url, header(u), u.changes)
				if err == nil {
					opened(lines)
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	err := pause(ctx, settle)
	r.after = p.usage()
	return err
}

// watch opens streams, leaves them idle, and then changes tasks of some users.
func (s *stack) watch(ctx context.Context, p *process, watchers []user, r *results) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()

	e := &events{sent: make([]atomic.Int64, r.plan.events)}
	if r.streams.files, err = fileLimit(); err != nil {
		return err
	}
	for i := range watchers {
		var latest taskapi.TaskListResponse
		if err := fetch(ctx, http.DefaultClient, p.url+"/api/tasks?limit=1", watchers[i].direct, &latest); err != nil {
			return err
		}
		watchers[i].changes = latest.Meta.Changes
	}
	perUser := min(r.plan.streams, r.streams.files-otherFiles) / len(watchers)
	if err := r.streams.openIdle(ctx, p, watchers, asDirect, perUser, func(lines *bufio.Scanner) { reading.Go(func() { e.read(lines) }) }); err != nil {
		return err
	}
	r.streams.delays, err = e.deliver(ctx, p, watchers, perUser)
	return err
}

// fileLimit returns the limit on open files of this process and the service. Each
// stream is an open file of both.
func fileLimit() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit on open files: %w", err)
	}
	return int(min(limit.Cur, math.MaxInt32)), nil
}

// openStream opens a stream and returns once it is ready.
func openStream(ctx context.Context, client *http.Client, base string, header http.Header, after int64) (*bufio.Scanner, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/events?after=%d", base, after), nil)
	if err != nil {
		return nil, err
	}
	request.Header = header
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("open a stream: %s", response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if lines.Text() == "event: ready" {
			return lines, nil
		}
	}
	return nil, errors.Join(errors.New("a stream ended before it was ready"), lines.Err())
}

// events measures the delay of changes in streams.
type events struct {
	// sent are the times of sending, in Unix nanoseconds.
	sent []atomic.Int64

	mu     sync.Mutex
	delays []time.Duration
}

// eventTitle is the prefix of the titles of these tasks.
const eventTitle = "event "

// read records the delay of each event on a stream until the stream ends.
func (e *events) read(lines *bufio.Scanner) {
	for lines.Scan() {
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		var change taskapi.Change
		if !isData || json.Unmarshal(data, &change) != nil {
			continue
		}
		task, err := change.Task()
		if err != nil {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(task.Title, eventTitle+"%d", &n); err != nil || n >= len(e.sent) {
			continue
		}
		delay := time.Duration(time.Now().UnixNano() - e.sent[n].Load())
		e.mu.Lock()
		e.delays = append(e.delays, delay)
		e.mu.Unlock()
	}
}

// deliver makes changes one after another, and then waits until each has arrived in all
// streams of its user.
func (e *events) deliver(ctx context.Context, p *process, watchers []user, perUser int) ([]time.Duration, error) {
	client, err := sdk.New(p.url)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for n := range e.sent {
		e.sent[n].Store(time.Now().UnixNano())
		req := taskapi.CreateTaskRequest{Title: fmt.Sprintf(eventTitle+"%d", n)}
		if _, err := client.CreateTask(ctx, req, sdk.WithToken(watchers[n%len(watchers)].token())); err != nil {
			return nil, err
		}
	}
	deadline := time.Now().Add(eventTimeout)
	for want := len(e.sent) * perUser; ; {
		e.mu.Lock()
		delays := e.delays
		e.mu.Unlock()
		if len(delays) == want {
			return delays, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%d of %d events arrived", len(delays), want)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
