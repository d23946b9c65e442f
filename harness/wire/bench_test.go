package wire

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

const (
	// recorderLeast is the least share of direct speed: a recorder is a second
	// server in the way, so half is to be expected.
	recorderLeast = 0.4
	// scriptedLeast holds the scripted server against net/http, each behind a
	// recorder.
	scriptedLeast = 0.7
)

// BenchmarkRecorder compares a client's requests through the recorder with the
// same ones to the server itself, on kept-alive connections, in alternating
// rounds of one run. "ratio" is the median over the pairs of direct time by
// recorded time: 1 means that the recorder costs nothing. Below 0.4 it fails.
func BenchmarkRecorder(b *testing.B) {
	const round = 100 // requests between two looks at the clock
	body := strings.Repeat("x", 500)
	s := serverT(b, func(w http.ResponseWriter, q *http.Request) {
		w.Header()["Access-Control-Allow-Origin"] = []string{"https://app.example.com"}
		io.WriteString(w, body)
	})
	for _, workers := range []int{1, 6} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			r := recorderT(b, RecorderConfig{Upstream: tcp(s.Listener.Addr())})
			client := clientT(b)
			client.Transport.(*http.Transport).MaxIdleConnsPerHost = workers
			call := func(address string) time.Duration {
				start := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for range round / workers {
							response, err := client.Get("http://" + address + "/")
							if err != nil {
								b.Error(err)
								return
							}
							io.Copy(io.Discard, response.Body)
							response.Body.Close()
						}
					})
				}
				wg.Wait()
				return time.Since(start)
			}
			direct, recorded := s.Listener.Addr().String(), r.Addr()
			call(direct)
			call(recorded)
			var ratios []float64
			var total time.Duration
			for b.Loop() {
				d, t := call(direct), call(recorded)
				ratios = append(ratios, float64(d)/float64(t))
				total += t
			}
			slices.Sort(ratios)
			ratio := ratios[len(ratios)/2]
			b.ReportMetric(ratio, "ratio")
			assert.GreaterOrEqual(b, ratio, recorderLeast, "recording costs too much")
			b.ReportMetric(float64(len(ratios)*(round/workers)*workers)/total.Seconds(), "req/s")
			require.Empty(b, r.Since(0)[0].Incomplete)
		})
	}
}

// BenchmarkHTTP1 is the parser alone: one exchange with the headers of a
// browser. It has no baseline, so it states no bound.
func BenchmarkHTTP1(b *testing.B) {
	request := []byte("GET /orders HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\nAccept: */*\r\nOrigin: http://127.0.0.1:5173\r\n" +
		"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: http://127.0.0.1:5173/\r\nAccept-Encoding: gzip\r\n\r\n")
	response := []byte("HTTP/1.1 200 OK\r\ndate: Tue, 24 Nov 2026 02:10:17 GMT\r\ncontent-type: application/json\r\ncontent-length: 500\r\n" +
		"access-control-allow-origin: http://127.0.0.1:5173\r\nvary: Origin\r\n\r\n" + strings.Repeat("x", 500))
	b.ReportAllocs()
	b.SetBytes(int64(len(request) + len(response)))
	p := newHTTP1(newRecording("bench", NewClock()).connection(1, "127.0.0.1:1"))
	for b.Loop() {
		p.feed(toServer, request)
		p.feed(toClient, response)
	}
}

// BenchmarkScripted compares the scripted server, behind its recorder, with a
// bare net/http server, for one client on one kept-alive connection, in
// alternating rounds of one run. "ratio" is the median of bare time by scripted
// time; "behind-recorder" is the same with a recorder in front of net/http;
// "against-recorder" is the median of that one's time by scripted time. Below 0.7
// the last one fails.
func BenchmarkScripted(b *testing.B) {
	const round = 100
	body := strings.Repeat("x", 500)
	bare := serverT(b, func(w http.ResponseWriter, q *http.Request) {
		w.Header()["Access-Control-Allow-Origin"] = []string{"https://app.example.com"}
		io.WriteString(w, body)
	})
	recorded := recorderT(b, RecorderConfig{Upstream: tcp(bare.Listener.Addr())})
	l := scriptedT(b)
	for i := range 4000 {
		l.set(b, ScriptedAnswer{
			To: fmt.Sprintf("http://api.test/%d", i), Status: 200, Reason: "OK", Body: body,
			Headers: fetch.HeaderList{{"Access-Control-Allow-Origin", "https://app.example.com"}},
		})
	}
	scripted := l.Recorders()[0]
	client := clientT(b)
	call := func(address string) time.Duration {
		start := time.Now()
		for i := range round {
			request, err := http.NewRequest("GET", fmt.Sprintf("http://%s/%d", address, i), nil)
			require.NoError(b, err)
			request.Host = "api.test"
			response, err := client.Do(request)
			require.NoError(b, err)
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		return time.Since(start)
	}
	var ratios, behind, against []float64
	var total time.Duration
	for b.Loop() {
		direct, front, ours := call(bare.Listener.Addr().String()), call(recorded.Addr()), call(scripted.Addr())
		ratios = append(ratios, float64(direct)/float64(ours))
		behind = append(behind, float64(direct)/float64(front))
		against = append(against, float64(front)/float64(ours))
		total += ours
	}
	slices.Sort(ratios)
	slices.Sort(behind)
	slices.Sort(against)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(behind[len(behind)/2], "behind-recorder")
	b.ReportMetric(against[len(against)/2], "against-recorder")
	assert.GreaterOrEqual(b, against[len(against)/2], scriptedLeast, "scripting costs too much")
	b.ReportMetric(float64(len(ratios)*round)/total.Seconds(), "req/s")
	require.Empty(b, l.Unexpected())
}
