# Sends the requests of the arguments to one socket, and prints the answers.
use strict;
use warnings;
use IO::Socket::UNIX;

my $path = shift;
my $socket = IO::Socket::UNIX->new(Peer => $path) or do { print "no connection: $!\n"; exit 1 };
for my $request (@ARGV) {
    print $socket "$request\n";
    $socket->flush;
    print <$socket> // "closed\n";
}
