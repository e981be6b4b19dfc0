"""What test runners write, shortened."""

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1"
failures="1" skipped="2" tests="5" time="0.052" timestamp="2026-11-22T10:00:00.500000+00:00" hostname="h">
<testcase classname="tests.test_shop" name="test_ok" time="0.001" />
<testcase classname="tests.test_shop.TestCard" name="test_bad[visa]" time="0.25"><failure message="AssertionError: sums
 differ&#10;assert 1 == 2">def test_bad():
&gt;       assert 1 == 2, "sums differ"
E       AssertionError: sums differ

tests/test_shop.py:15: AssertionError</failure><system-out>some output
</system-out></testcase>
<testcase classname="tests.test_shop" name="test_skipped" time="0.000"><skipped type="pytest.skip"
message="not today">/x/tests/test_shop.py:21: not today</skipped></testcase>
<testcase classname="tests.test_shop" name="test_known" time="0.001"><skipped type="pytest.xfail" message="known" />
</testcase>
<testcase classname="" name="tests.test_broken" time="0.000"><error message="collection failure">ImportError while
importing test module</error></testcase>
</testsuite></testsuites>"""

SUREFIRE = b"""<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="com.acme.PayTest" time="1,234.5"
 tests="3" errors="0" skipped="0" failures="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="flaky" classname="com.acme.PayTest" time="0.1">
    <flakyFailure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError">
      <stackTrace><![CDATA[org.opentest4j.AssertionFailedError: expected: <1> but was: <2>
	at com.acme.PayTest.flaky(PayTest.java:9)]]></stackTrace>
      <system-out><![CDATA[first try]]></system-out>
    </flakyFailure>
    <flakyError message="timeout" type="java.io.IOException"><stackTrace>java.io.IOException: timeout</stackTrace>
    </flakyError>
    <system-out><![CDATA[third try]]></system-out>
  </testcase>
  <testcase name="bad" classname="com.acme.PayTest" time="1,000.5">
    <failure message="no" type="java.lang.AssertionError"><![CDATA[java.lang.AssertionError: no
	at com.acme.PayTest.bad(PayTest.java:20)]]></failure>
    <rerunFailure message="no again" type="java.lang.AssertionError">
      <stackTrace><![CDATA[java.lang.AssertionError: no again]]></stackTrace>
    </rerunFailure>
    <rerunError message="gone" type="java.io.IOException"><stackTrace>java.io.IOException: gone</stackTrace></rerunError>
  </testcase>
  <testcase name="off" classname="com.acme.PayTest" time="0"><skipped/></testcase>
</testsuite>"""

NESTED = b"""<testsuites name="all"><testsuite name="outer" timestamp="2026-11-22T10:00:00Z">
<testcase name="Cart adds" classname="Cart adds" time="1"/>
<testsuite name="inner" timestamp="2026-11-22T09:00:00Z"><testcase name="a" classname="C" time="2"/>
<system-err>warning: slow</system-err></testsuite>
<testcase name="disabled" classname="C" status="disabled" time="2"/>
</testsuite></testsuites>"""

TAP = b"""TAP version 14
1..8
ok 1 - opens the file
not ok 2 - first line is valid
  ---
  message: "First line invalid"
  severity: fail
  data:
    got: Flirble
  duration_ms: 12.5
  ...
ok 3 # SKIP no network
not ok 4 - later # TODO not written yet
ok 5 - early # todo was not written
# Subtest: cart
    ok 1 - adds
    not ok 2 - removes \\# 1
    # expected 2, got 3
    # Subtest: deep
        ok 1 - inner
        1..1
    ok 3 - deep
    1..3
not ok 6 - cart
ok 7 - order # Subtotal \\# TODO
not ok 8
#   Failed test at t/a.t line 3.
# tests 8
"""

NODE = b"""TAP version 13
# Subtest: /src/cart.test.js
    # Subtest: subtracts
    not ok 1 - subtracts
      ---
      duration_ms: 1.07
      type: 'test'
      location: '/src/cart.test.js:4:1'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:
        
        1 !== 2
        
      code: 'ERR_ASSERTION'
      name: 'AssertionError'
      expected: 2
      stack: |-
        TestContext.<anonymous> (file:///src/cart.test.js:5:10)
      ...
    1..1
not ok 1 - /src/cart.test.js
  ---
  duration_ms: 50.1
  type: 'suite'
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
1..1
# tests 1
# fail 1
"""

GO = b"""{"Time":"2026-11-22T10:00:00Z","Action":"start","Package":"acme/pay"}
{"Time":"2026-11-22T10:00:00.1Z","Action":"run","Package":"acme/pay","Test":"TestSum"}
{"Time":"2026-11-22T10:00:00.1Z","Action":"output","Package":"acme/pay","Test":"TestSum","Output":"=== RUN   TestSum\\n"}
{"Time":"2026-11-22T10:00:00.1Z","Action":"output","Package":"acme/pay","Test":"TestSum","Output":"    pay_test.go:6: got 3, want 2\\n"}
{"Time":"2026-11-22T10:00:00.1Z","Action":"output","Package":"acme/pay","Test":"TestSum","Output":"--- FAIL: TestSum (0.02s)\\n"}
{"Time":"2026-11-22T10:00:00.2Z","Action":"fail","Package":"acme/pay","Test":"TestSum","Elapsed":0.02}
{"Time":"2026-11-22T10:00:00.2Z","Action":"run","Package":"acme/pay","Test":"TestCard"}
{"Time":"2026-11-22T10:00:00.2Z","Action":"run","Package":"acme/pay","Test":"TestCard/visa"}
{"Time":"2026-11-22T10:00:00.3Z","Action":"pass","Package":"acme/pay","Test":"TestCard/visa","Elapsed":0.1}
{"Time":"2026-11-22T10:00:00.3Z","Action":"pass","Package":"acme/pay","Test":"TestCard","Elapsed":0.1}
{"Time":"2026-11-22T10:00:00.3Z","Action":"run","Package":"acme/pay","Test":"TestOff"}
{"Time":"2026-11-22T10:00:00.3Z","Action":"output","Package":"acme/pay","Test":"TestOff","Output":"    pay_test.go:30: no network\\n"}
{"Time":"2026-11-22T10:00:00.3Z","Action":"skip","Package":"acme/pay","Test":"TestOff","Elapsed":0}
{"Time":"2026-11-22T10:00:00.4Z","Action":"output","Package":"acme/pay","Output":"FAIL\\n"}
{"Time":"2026-11-22T10:00:00.4Z","Action":"output","Package":"acme/pay","Output":"FAIL\\tacme/pay\\t0.4s\\n"}
{"Time":"2026-11-22T10:00:00.4Z","Action":"fail","Package":"acme/pay","Elapsed":0.4}
"""

GO_SUBTESTS = b"""{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/bad"}
{"Action":"fail","Package":"p","Test":"TestA/bad","Elapsed":0.1}
{"Action":"fail","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"run","Package":"p","Test":"TestB/good"}
{"Action":"pass","Package":"p","Test":"TestB/good","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: cleanup failed\\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.1}
{"Action":"fail","Package":"p","Elapsed":0.2}
"""

GO_BUILD = b"""{"ImportPath":"acme/cart [acme/cart.test]","Action":"build-output","Output":"# acme/cart [acme/cart.test]\\n"}
{"ImportPath":"acme/cart [acme/cart.test]","Action":"build-output","Output":"cart/cart.go:3:1: undefined: x\\n"}
{"ImportPath":"acme/cart [acme/cart.test]","Action":"build-fail"}
{"Time":"2026-11-22T10:00:00Z","Action":"start","Package":"acme/cart"}
{"Time":"2026-11-22T10:00:00Z","Action":"output","Package":"acme/cart","Output":"FAIL\\tacme/cart [build failed]\\n"}
{"Time":"2026-11-22T10:00:00Z","Action":"fail","Package":"acme/cart","Elapsed":0,"FailedBuild":"acme/cart [acme/cart.test]"}
"""

GO_OLD_BUILD = b"""# acme/cart [acme/cart.test]
cart/cart.go:3:1: undefined: x
{"Action":"output","Package":"acme/cart","Output":"FAIL\\tacme/cart [build failed]\\n"}
{"Action":"fail","Package":"acme/cart","Elapsed":0}
"""

GO_PANIC = b"""{"Action":"run","Package":"acme/pay","Test":"TestPanics"}
{"Action":"output","Package":"acme/pay","Test":"TestPanics","Output":"panic: no card\\n"}
{"Action":"output","Package":"acme/pay","Test":"TestPanics","Output":"goroutine 7 [running]:\\n"}
{"Action":"output","Package":"acme/pay","Output":"FAIL\\tacme/pay\\t0.004s\\n"}
{"Action":"fail","Package":"acme/pay","Elapsed":0.004}
"""

JEST = b"""{"numFailedTestSuites":2,"numFailedTests":1,"numTotalTests":4,"startTime":1795341600000,"success":false,
"testResults":[{"assertionResults":[
{"ancestorTitles":["Cart","adds"],"duration":1500,"failureMessages":[],"fullName":"Cart adds one","status":"passed",
"title":"one","invocations":2,"retryReasons":["Error: \\u001b[31mbusy\\u001b[39m\\n    at cart.test.js:1:1"]},
{"ancestorTitles":["Cart"],"duration":3,"failureMessages":["TypeError: x is not a function\\n    at Object.x (cart.test.js:9:1)"],
"fullName":"Cart fails","status":"failed","title":"fails"},
{"ancestorTitles":[],"duration":null,"failureMessages":[],"fullName":"later","status":"todo","title":"later"}],
"endTime":1795341602000,"message":"","name":"/repo/src/cart.test.js","startTime":1795341600000,"status":"failed","summary":""},
{"assertionResults":[],"endTime":1795341603000,"message":"  \\u25cf Test suite failed to run\\n\\n    SyntaxError: Unexpected token",
"name":"/repo/src/broken.test.js","startTime":1795341602000,"status":"failed","summary":""}]}"""
