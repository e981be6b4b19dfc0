"""The kernel's socket table shows which sockets listen on a port."""

from logloop.local.port_owners import listening_sockets

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:6989 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4101 1 0000 100 0 0 10 0
   1: 0100007F:6989 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1000        0 4102 1 0000 100 0 0 10 0
   2: 0100007F:A1B2 0100007F:6989 01 00000000:00000000 00:00000000 00000000  1000        0 4103 1 0000 100 0 0 10 0
   3: 00000000:1628 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4104 1 0000 100 0 0 10 0
"""


def test_only_sockets_that_listen_on_the_port_are_returned() -> None:
    assert listening_sockets(TABLE, 27017) == {"4101"}
    assert listening_sockets(TABLE, 5672) == {"4104"}
    assert listening_sockets(TABLE, 0xA1B2) == set()
    assert listening_sockets(TABLE, 8080) == set()
