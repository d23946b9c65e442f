// Package judge compares traces of the same request, and says where they differ and
// why. It is pure: no I/O, no clock.
//
// [Compare] compares an engine's trace with the model's. A difference alone blames
// nobody: the model, the engine or the harness may be wrong. What the witnesses
// cannot tell is not compared, but it never counts as agreement: an unknown trace
// differs from every other.
//
// # Findings
//
// A [Collector] takes the cases that follow from a policy, each [Checked] against a
// target, and returns one finding for each cause:
//
//	c := judge.NewCollector(judge.CollectorConfig{View: view})
//	for _, checked := range all {
//		c.Add(checked)
//	}
//	findings, notes := c.Findings()
//
// How findings are determined:
//
// A mismatch in one request is a symptom. Its cause is the first one that explains
// it, in a fixed order: a cause comes before the causes whose symptoms it can
// produce. For example, a target without any CORS comes before a preflight that
// reaches the application, and a route without a policy before error responses that
// lack Access-Control-Allow-Origin. Symptoms alone never decide: responses in cases
// that passed count for and against a cause. A symptom without a known cause is a
// finding, too ([Unclassified]).
//
// All origins that were tried show how a target compares origins: the known
// comparison that accepts exactly the origins that could read.
//
// To find the one header that decides, the case runs on the model again, over the
// target's responses, with that header as the policy requires it.
//
// A kind of finding is one row in the table of its area (findingsof*.go) and one page
// in findings.md. A row's functions read what is known of the target: about the request
// that failed (symptom: what was sent, what answered, what was expected), about all of
// the target's responses (facts), about all symptoms (symptomList), and about how it
// compares origins (comparisons).
//
// seeds.md, which a test writes, lists the mistakes that lead to each ID: in configs
// that real gateways run, and in a gateway on paper.
//
// Notes violate no policy and do not change how a check ends. They come from cases
// that passed.
package judge
